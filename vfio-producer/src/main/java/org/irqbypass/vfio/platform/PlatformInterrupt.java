package org.irqbypass.vfio.platform;

import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.Trigger;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.vfio.IrqInfo;
import org.irqbypass.vfio.IrqSet;
import org.irqbypass.vfio.RequiredConnectException;
import org.irqbypass.vfio.Vfio;
import org.irqbypass.vfio.VfioEvent;
import org.irqbypass.vfio.Virqfd;
import org.irqbypass.vfio.WiredInterrupt;
import org.irqbypass.work.EveryStep;
import org.irqbypass.work.Work;
import org.jspecify.annotations.Nullable;

/**
 * One wired interrupt of a platform device ({@code vfio_platform_irq.c}). Its host interrupt is
 * requested when the device is opened, and disabled while it has no trigger; a mask disables it
 * once more, and so survives a change of trigger.
 */
final class PlatformInterrupt extends WiredInterrupt {
  private final Vfio vfio;
  private final HostIrq irq;
  private final boolean isLevel;
  private final Virqfd maskBy;
  private final Virqfd unmaskBy;
  private final Work enableLine;

  /** Why the host interrupt could not be requested, or null. */
  private @Nullable ErrnoException requestFailed;

  private volatile boolean requested;

  PlatformInterrupt(VfioPlatformDevice device, Vfio vfio, int index, HostIrq irq) {
    super(device, index);
    this.vfio = vfio;
    this.irq = irq;
    this.isLevel = irq.trigger() == Trigger.LEVEL;
    this.maskBy = new Virqfd(vfio, "masking " + this, this::maskByEventfd, () -> {});
    this.unmaskBy = new Virqfd(vfio, "unmasking " + this, this::unmaskByEventfd, () -> {});
    this.enableLine = new Work("enable_irq", irq::enable);
    irq.whenIdle(this::mayConnectNow);
  }

  int flags() {
    return IrqInfo.FLAG_EVENTFD | (isLevel ? IrqInfo.FLAG_MASKABLE | IrqInfo.FLAG_AUTOMASKED : 0);
  }

  @Override
  public @Nullable HostIrq hostIrq() {
    return requested ? irq : null;
  }

  /** The device is opened: a failure is told by the calls that need the interrupt. */
  void request() {
    resetMask(Masked.NO);
    try {
      irq.request(this::handle, false);
      requested = true;
      requestFailed = null;
    } catch (ErrnoException refused) {
      requestFailed = refused;
    }
  }

  /** The device is closed. */
  void free() {
    EveryStep steps =
        new EveryStep().take(maskBy::disable).take(unmaskBy::disable).take(this::endForwarding);
    if (requested) {
      requested = false;
      steps
          .take(this::hostIrqGoes)
          .take(() -> vfio.kernel().workQueue().flush(enableLine))
          .take(irq::free);
    }
    setTrigger(null);
    resetMask(Masked.NO);
    steps.throwFirst();
  }

  void apply(IrqSet set) {
    ErrnoException failed = requestFailed;
    if (failed != null) {
      throw new ErrnoException(failed.errno(), this + " was not requested: " + failed.getMessage());
    }
    switch (set.action()) {
      case IrqSet.ACTION_MASK -> mask(set);
      case IrqSet.ACTION_UNMASK -> unmask(set);
      case IrqSet.ACTION_TRIGGER -> trigger(set);
      default -> throw new ErrnoException(Errno.ENOTTY, set + " is not one action");
    }
  }

  private void refuse(IrqSet set, boolean needsMask) {
    if (set.start() != 0 || set.count() != 1) {
      throw new ErrnoException(Errno.EINVAL, set + ": a platform index is one interrupt");
    }
    if (needsMask && !isLevel) {
      throw new ErrnoException(Errno.EINVAL, set + ": " + this + " is an edge, not maskable");
    }
  }

  private void mask(IrqSet set) {
    refuse(set, true);
    if (set.dataType() == IrqSet.DATA_EVENTFD) {
      attach(maskBy, set.fd(0));
    } else if (set.selects(0)) {
      maskNow();
    }
  }

  private void unmask(IrqSet set) {
    refuse(set, true);
    if (set.dataType() == IrqSet.DATA_EVENTFD) {
      attach(unmaskBy, set.fd(0));
    } else if (set.selects(0)) {
      unmaskNow(false);
    }
  }

  private static void attach(Virqfd slot, int fd) {
    if (fd >= 0) {
      slot.enable(fd);
    } else {
      slot.disable();
    }
  }

  private void trigger(IrqSet set) {
    if (set.count() == 0 && set.dataType() == IrqSet.DATA_NONE) {
      dropTrigger();
      return;
    }
    refuse(set, false);
    if (set.dataType() != IrqSet.DATA_EVENTFD) {
      if (set.selects(0)) {
        handle(irq);
      }
      return;
    }
    EventfdContext former = trigger();
    dropTrigger();
    EventfdContext newTrigger = triggerOf(set.fd(0));
    if (newTrigger == null) {
      return;
    }
    try {
      setTriggerAndEnable(newTrigger);
    } catch (RequiredConnectException refused) {
      if (former != null) {
        restore(former);
      }
      throw refused;
    }
  }

  /** {@code vfio_set_trigger()}, first half: the line is disabled before the trigger goes. */
  private void dropTrigger() {
    if (trigger() != null) {
      try {
        unregisterProducer();
      } finally { // whatever a callback threw, nothing is signalled any more
        irq.disable();
        setTrigger(null);
      }
    }
  }

  /**
   * {@code vfio_set_trigger()}, second half. The producer is registered while the line is still
   * disabled, so that a level that is high already does not make the connect fail.
   */
  private void setTriggerAndEnable(EventfdContext newTrigger) {
    setTrigger(newTrigger);
    try {
      registerProducer(irq, newTrigger);
    } catch (RequiredConnectException refused) {
      setTrigger(null);
      throw refused;
    }
    irq.enable();
  }

  private void restore(EventfdContext former) {
    try {
      setTriggerAndEnable(former);
    } catch (RequiredConnectException refused) {
      // A peer that requires the connect refuses now what it accepted before: told by an event.
      return;
    }
    if (vfio.kernel().trace().enabled()) {
      vfio.kernel().trace().emit(new VfioEvent.TriggerRestored(this, former));
    }
  }

  /** A level masks itself, unless the guest completes it; an edge only signals. */
  private boolean handle(HostIrq fired) {
    boolean masksItself = isLevel && !isCompletedByGuest();
    return masksItself ? automaskedHandler(fired) : plainHandler();
  }

  /** {@code vfio_automasked_irq_handler()}. */
  private boolean automaskedHandler(HostIrq fired) {
    if (vfio.kernel().trace().enabled()) {
      vfio.kernel().trace().emit(new VfioEvent.AutomaskedIrqHandler(this));
    }
    boolean mine = claim(fired);
    if (mine) {
      signal();
    }
    if (vfio.kernel().trace().enabled()) {
      vfio.kernel().trace().emit(new VfioEvent.AutomaskedIrqHandlerReturned(this, mine));
    }
    return mine;
  }

  /** {@code vfio_irq_handler()}. */
  private boolean plainHandler() {
    if (vfio.kernel().trace().enabled()) {
      vfio.kernel().trace().emit(new VfioEvent.IrqHandler(this));
    }
    signal();
    if (vfio.kernel().trace().enabled()) {
      vfio.kernel().trace().emit(new VfioEvent.IrqHandlerReturned(this));
    }
    return true;
  }

  /** {@code vfio_platform_mask()}. */
  private void maskNow() {
    if (vfio.kernel().trace().enabled()) {
      vfio.kernel().trace().emit(new VfioEvent.PlatformMask(this));
    }
    maskByUser(irq);
  }

  /** {@code vfio_platform_unmask()}: a line that is still high fires again at once. */
  private void unmaskNow(boolean inWakeUp) {
    if (vfio.kernel().trace().enabled()) {
      vfio.kernel().trace().emit(new VfioEvent.PlatformUnmask(this));
    }
    if (inWakeUp && wouldFireForEver(irq)) {
      return;
    }
    if (unmask(irq) == Unmasked.ENABLE) {
      if (inWakeUp) {
        // Linux's line fires when the wake-up's lock is released, and interrupts are on again.
        enableLater(enableLine);
      } else {
        irq.enable();
      }
    }
  }

  private boolean maskByEventfd() {
    if (vfio.kernel().trace().enabled()) {
      vfio.kernel().trace().emit(new VfioEvent.PlatformMaskHandler(this));
    }
    maskNow();
    return false;
  }

  private boolean unmaskByEventfd() {
    if (vfio.kernel().trace().enabled()) {
      vfio.kernel().trace().emit(new VfioEvent.PlatformUnmaskHandler(this));
    }
    unmaskNow(true);
    return false;
  }

  @Override
  protected boolean maskHardware(HostIrq host, boolean onlyIfAsserted) {
    host.disableNosync();
    return true;
  }

  @Override
  protected Unmasked unmaskHardware(HostIrq host) {
    return Unmasked.ENABLE;
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    super.writeTo(sink);
    sink.putReference(irq)
        .put(requested)
        .put(requestFailed != null)
        .putReference(maskBy)
        .putReference(unmaskBy)
        .putReference(enableLine);
  }
}
