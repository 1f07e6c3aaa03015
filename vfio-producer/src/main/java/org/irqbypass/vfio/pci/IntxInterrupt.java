package org.irqbypass.vfio.pci;

import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.host.HostIrq;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.vfio.IrqIndex;
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
 * PCI INTx ({@code vfio_pci_intrs.c}). A function of PCI 2.3 or later is masked by DisINTx in its
 * own configuration space, which also tells whether it asserts; any other one at the host's
 * interrupt controller.
 */
final class IntxInterrupt extends WiredInterrupt {
  private final Vfio vfio;
  private final PciFunction function;
  private final Virqfd unmaskBy;
  private final Work enableLine;

  /** DisINTx as userspace sees it ({@code virq_disabled}). */
  private volatile boolean disabledInConfig;

  private volatile boolean enabled;

  IntxInterrupt(VfioPciDevice device, Vfio vfio, PciFunction function) {
    super(device, IrqIndex.INTX);
    this.vfio = vfio;
    this.function = function;
    this.unmaskBy =
        new Virqfd(vfio, "unmasking INTx of " + device, this::unmaskByEventfd, this::sendEventfd);
    this.enableLine = new Work("enable_irq", () -> function.intx().enable());
    function.intx().whenIdle(this::mayConnectNow);
  }

  boolean isEnabled() {
    return enabled;
  }

  @Override
  public @Nullable HostIrq hostIrq() {
    return enabled ? function.intx() : null;
  }

  /** ACTION_TRIGGER of the INTx index. */
  void trigger(IrqSet set) {
    if (enabled && set.count() == 0 && set.dataType() == IrqSet.DATA_NONE) {
      disable();
      return;
    }
    refuseRange(set);
    if (set.dataType() == IrqSet.DATA_EVENTFD) {
      EventfdContext newTrigger = triggerOf(set.fd(0));
      if (enabled) {
        swapTrigger(newTrigger);
      } else {
        enable(newTrigger);
      }
      return;
    }
    refuseInactive(set);
    if (set.selects(0)) {
      sendEventfd();
    }
  }

  /** ACTION_MASK of the INTx index. */
  void mask(IrqSet set) {
    refuseInactive(set);
    refuseRange(set);
    if (set.dataType() == IrqSet.DATA_EVENTFD) {
      throw new ErrnoException(Errno.ENOTTY, "INTx cannot be masked by an eventfd");
    }
    if (set.selects(0)) {
      maskByUser(function.intx());
    }
  }

  /** ACTION_UNMASK of the INTx index. */
  void unmask(IrqSet set) {
    refuseInactive(set);
    refuseRange(set);
    if (set.dataType() != IrqSet.DATA_EVENTFD) {
      if (set.selects(0)) {
        unmaskAndResend();
      }
    } else if (set.fd(0) >= 0) {
      unmaskBy.enable(set.fd(0));
    } else {
      unmaskBy.disable();
    }
  }

  private void refuseRange(IrqSet set) {
    if (set.start() != 0 || set.count() != 1) {
      throw new ErrnoException(Errno.EINVAL, set + ": INTx is one interrupt");
    }
  }

  private void refuseInactive(IrqSet set) {
    if (!enabled) {
      throw new ErrnoException(Errno.EINVAL, set + ": INTx is not enabled");
    }
  }

  /** {@code vfio_intx_enable()}. */
  private void enable(@Nullable EventfdContext newTrigger) {
    if (!function.isIntxRouted()) {
      throw new ErrnoException(Errno.ENODEV, function + " has no interrupt line");
    }
    HostIrq irq = function.intx();
    boolean startMasked = disabledInConfig;
    setTrigger(newTrigger);
    resetMask(startMasked ? Masked.BY_USER : Masked.NO);
    if (function.canDisableIntx()) {
      function.disableIntx(startMasked);
    }
    // Requested disabled, so that a pairing is made before a level that is high already fires.
    function.requestIntx(this::handle);
    enabled = true;
    boolean done = false;
    try {
      hostIrqRequested(irq);
      if (newTrigger != null) {
        registerProducer(irq, newTrigger);
      }
      done = true;
    } finally {
      if (!done) {
        disable();
      }
    }
    if (function.canDisableIntx() || !startMasked) {
      irq.enable();
    }
  }

  /** {@code vfio_intx_set_signal()}: the handler stays; the old trigger is used no more. */
  private void swapTrigger(@Nullable EventfdContext newTrigger) {
    EventfdContext former = trigger();
    replaceTrigger(newTrigger);
    if (newTrigger == null) {
      return;
    }
    try {
      registerProducer(function.intx(), newTrigger);
    } catch (RequiredConnectException refused) {
      replaceTrigger(former);
      if (former != null) {
        restoreProducer(former);
      }
      throw refused;
    }
  }

  private void replaceTrigger(@Nullable EventfdContext newTrigger) {
    unregisterProducer();
    boolean hadTrigger = trigger() != null;
    setTrigger(newTrigger);
    if (hadTrigger) {
      function.intx().synchronize();
      unmaskBy.flush();
    } else if (newTrigger != null) {
      tellUntold(function.intx());
    }
  }

  private void restoreProducer(EventfdContext former) {
    try {
      registerProducer(function.intx(), former);
    } catch (RequiredConnectException refused) {
      // A peer that requires the connect refuses now what it accepted before: told by an event.
      return;
    }
    if (vfio.kernel().trace().enabled()) {
      vfio.kernel().trace().emit(new VfioEvent.TriggerRestored(this, former));
    }
  }

  /** {@code vfio_intx_disable()}. */
  void disable() {
    EveryStep steps =
        new EveryStep()
            .take(unmaskBy::disable)
            .take(this::hostIrqGoes)
            .take(() -> vfio.kernel().workQueue().flush(enableLine))
            .take(function.intx()::free);
    enabled = false;
    setTrigger(null);
    resetMask(Masked.NO);
    steps.throwFirst();
  }

  void detach() {
    endForwarding();
  }

  /** {@code vfio_intx_handler()}. */
  private boolean handle(HostIrq irq) {
    if (vfio.kernel().trace().enabled()) {
      vfio.kernel().trace().emit(new VfioEvent.IntxHandler(device()));
    }
    boolean mine = claim(irq);
    if (mine) {
      sendEventfd();
    }
    if (vfio.kernel().trace().enabled()) {
      vfio.kernel().trace().emit(new VfioEvent.IntxHandlerReturned(device(), mine));
    }
    return mine;
  }

  /** {@code vfio_send_intx_eventfd()}: not while userspace has INTx disabled. */
  private void sendEventfd() {
    if (enabled && !disabledInConfig) {
      signal();
    }
  }

  /** {@code vfio_pci_intx_unmask()}. */
  private void unmaskAndResend() {
    Unmasked outcome = unmaskHandler();
    if (outcome == Unmasked.ENABLE) {
      function.intx().enable();
    } else if (outcome == Unmasked.STILL_ASSERTED) {
      sendEventfd();
    }
  }

  /** An eventfd unmasks; runs inside its wake-up. */
  private boolean unmaskByEventfd() {
    Unmasked outcome = unmaskHandler();
    if (outcome == Unmasked.ENABLE) {
      enableLater(enableLine);
    }
    // Where the trigger itself unmasks, it was signalled a moment ago: nothing more to tell.
    return outcome == Unmasked.STILL_ASSERTED && !isSignalledByThisThread();
  }

  /** {@code vfio_pci_intx_unmask_handler()}. */
  private Unmasked unmaskHandler() {
    if (vfio.kernel().trace().enabled()) {
      vfio.kernel().trace().emit(new VfioEvent.IntxUnmaskHandler(device()));
    }
    Unmasked outcome = Unmasked.NOTHING;
    if (enabled) {
      outcome = wouldFireForEver(function.intx()) ? outcome : unmask(function.intx());
    } else if (function.canDisableIntx()) {
      function.disableIntx(false);
    }
    if (vfio.kernel().trace().enabled()) {
      vfio.kernel()
          .trace()
          .emit(
              new VfioEvent.IntxUnmaskHandlerReturned(
                  device(), outcome == Unmasked.STILL_ASSERTED));
    }
    return outcome;
  }

  /**
   * Userspace wrote DisINTx in configuration space. Called with the igate held.
   *
   * @param disable the bit as it was written
   */
  void disableInConfig(boolean disable) {
    if (disable == disabledInConfig) {
      return;
    }
    disabledInConfig = disable;
    if (!disable) {
      unmaskAndResend();
    } else if (enabled) {
      maskByUser(function.intx());
    } else if (function.canDisableIntx()) {
      function.disableIntx(true);
    }
  }

  boolean isDisabledInConfig() {
    return disabledInConfig;
  }

  void forgetConfig() {
    disabledInConfig = false;
  }

  @Override
  protected boolean maskHardware(HostIrq irq, boolean onlyIfAsserted) {
    if (!function.canDisableIntx()) {
      irq.disableNosync();
      return true;
    }
    if (onlyIfAsserted) {
      return function.checkAndMaskIntx();
    }
    function.disableIntx(true);
    return true;
  }

  @Override
  protected Unmasked unmaskHardware(HostIrq irq) {
    if (disabledInConfig) {
      return Unmasked.NOTHING;
    }
    if (!function.canDisableIntx()) {
      return Unmasked.ENABLE;
    }
    return function.checkAndUnmaskIntx() ? Unmasked.DONE : Unmasked.STILL_ASSERTED;
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    super.writeTo(sink);
    sink.put(disabledInConfig)
        .put(enabled)
        .putReference(unmaskBy)
        .putReference(enableLine)
        .putReference(function.intx());
  }
}
