package org.irqbypass.vfio;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.host.BypassMode;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.Trigger;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.BypassReason;
import org.irqbypass.registry.BypassRefusal;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.work.Work;
import org.jspecify.annotations.Nullable;

/**
 * A wired interrupt: what PCI INTx and a platform device's interrupt have in common, which is the
 * mask and how completion is given to the guest.
 *
 * <p>Linux has one bit, {@code masked}; the direct-EOI series split it, and so does {@link Masked}:
 * masked by userspace, or because the interrupt is being handled. Masking does nothing while the
 * interrupt is being handled, and unmasking ends both.
 *
 * <p><b>Locks.</b> The mask is guarded by a lock of its own ({@code irqlock}), taken by the handler
 * too and held for a few instructions. Nothing is signalled and nothing enabled under it: either
 * may run a handler on this thread.
 */
public abstract class WiredInterrupt extends VfioInterrupt {
  /** Why the interrupt is masked. */
  protected enum Masked {
    /** It is not. */
    NO,
    /** Userspace did it. */
    BY_USER,
    /** It fired, and was not unmasked since. */
    BEING_HANDLED
  }

  private static final VarHandle SIGNALLING;

  static {
    try {
      SIGNALLING =
          MethodHandles.lookup().findVarHandle(WiredInterrupt.class, "signalling", Thread.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final Object irqlock = new Object();
  private volatile Masked masked = Masked.NO;
  private volatile @Nullable EventfdContext trigger;

  /** Written under the lock, while no handler runs. */
  private volatile boolean completedByGuest;

  /**
   * Fired while forwarded and without a trigger: the guest does not know, and completes nothing.
   */
  private volatile boolean untold;

  /**
   * The thread that is signalling the trigger. Through {@link #SIGNALLING}, opaquely: it is only
   * compared with the thread that asks, and nothing is published with it.
   */
  @SuppressWarnings("UnusedVariable")
  private @Nullable Thread signalling;

  /**
   * Makes an interrupt that is not masked and has no trigger.
   *
   * @param device whose
   * @param index which index
   */
  protected WiredInterrupt(VfioDevice device, int index) {
    super(device, index, 0);
  }

  @Override
  public final boolean isMasked() {
    return masked == Masked.BY_USER;
  }

  @Override
  public final boolean isBeingHandled() {
    return masked == Masked.BEING_HANDLED;
  }

  @Override
  public final @Nullable EventfdContext trigger() {
    return trigger;
  }

  /**
   * Changes the trigger. An interrupt signals the old one or the new one.
   *
   * @param newTrigger null: none
   */
  protected final void setTrigger(@Nullable EventfdContext newTrigger) {
    trigger = newTrigger;
  }

  /**
   * Starts from a known mask. Called while no handler can run.
   *
   * @param now the mask
   */
  protected final void resetMask(Masked now) {
    synchronized (irqlock) {
      masked = now;
    }
  }

  /**
   * The interrupt fired: decides whose it is, and masks it unless the guest completes it.
   *
   * @param irq the host interrupt
   * @return false if it is masked, or the device does not assert it
   */
  protected final boolean claim(HostIrq irq) {
    synchronized (irqlock) {
      if (completedByGuest) {
        return true;
      }
      if (masked == Masked.NO && maskHardware(irq, true)) {
        masked = Masked.BEING_HANDLED;
        return true;
      }
      return false;
    }
  }

  /**
   * Masks on behalf of userspace. Does nothing if the interrupt is masked, for whatever reason.
   *
   * @param irq the host interrupt
   */
  protected final void maskByUser(HostIrq irq) {
    synchronized (irqlock) {
      if (masked == Masked.NO) {
        maskHardware(irq, false);
        masked = Masked.BY_USER;
      }
    }
  }

  /** What an unmask came to. */
  protected enum Unmasked {
    /** It was not masked, or stays masked for now. */
    NOTHING,
    /** It is unmasked, and the host interrupt has to be enabled. */
    ENABLE,
    /** It is unmasked, and nothing is left to be done. */
    DONE,
    /** It stays masked because the device still asserts it: signal again. */
    STILL_ASSERTED
  }

  /**
   * Unmasks.
   *
   * @param irq the host interrupt
   * @return what the caller has to do
   */
  protected final Unmasked unmask(HostIrq irq) {
    Unmasked outcome;
    synchronized (irqlock) {
      if (masked == Masked.NO) {
        return Unmasked.NOTHING;
      }
      outcome = unmaskHardware(irq);
      if (outcome == Unmasked.ENABLE || outcome == Unmasked.DONE) {
        masked = Masked.NO;
      }
    }
    if (outcome == Unmasked.ENABLE || outcome == Unmasked.DONE) {
      mayConnectNow();
    }
    return outcome;
  }

  /**
   * After an unmask inside a wake-up: the host interrupt is enabled from the work queue. If that
   * takes no work the interrupt stays masked, and userspace can unmask it again.
   *
   * @param enableLine enables it
   */
  protected final void enableLater(Work enableLine) {
    boolean scheduled = false;
    try {
      device().vfio().kernel().workQueue().schedule(enableLine);
      scheduled = true;
    } finally {
      if (!scheduled) {
        resetMask(Masked.BY_USER);
      }
    }
  }

  /**
   * Whether the guest completes the interrupt, so that the handler only signals.
   *
   * @return true while a level interrupt is forwarded
   */
  protected final boolean isCompletedByGuest() {
    return completedByGuest;
  }

  /** Signals the trigger, if there is one. */
  protected final void signal() {
    EventfdContext current = trigger;
    if (current == null) {
      untold = completedByGuest;
      return;
    }
    Thread me = Thread.currentThread();
    SIGNALLING.setOpaque(this, me);
    try {
      current.signal();
    } finally {
      if (SIGNALLING.getOpaque(this) == me) {
        // Racy, but benign: of two threads that signal at once, one may lose its mark early. The
        // mark never stays behind.
        SIGNALLING.setOpaque(this, null);
      }
    }
  }

  /**
   * There is a trigger again: an interrupt that fired without one while it was forwarded waits for
   * a completion that no guest will send. It is completed here; a line that is still high fires
   * again.
   *
   * @param irq the host interrupt
   */
  protected final void tellUntold(HostIrq irq) {
    irq.synchronize(); // a handler in flight may have seen that there was none
    if (untold) {
      untold = false;
      irq.deactivate();
    }
  }

  /**
   * Whether the calling thread is inside a signal of this very interrupt.
   *
   * @return true in what the trigger's wake-up calls
   */
  protected final boolean isSignalledByThisThread() {
    return SIGNALLING.getOpaque(this) == Thread.currentThread();
  }

  /**
   * Whether an unmask that is asked for now would make the interrupt fire for ever: it comes from
   * the signal of this very interrupt, and the line is still high. Linux 6.1 never returns from
   * that; here the interrupt stays masked.
   *
   * @param irq the host interrupt
   * @return false but for an eventfd that is both trigger and unmask
   */
  protected final boolean wouldFireForEver(HostIrq irq) {
    return isSignalledByThisThread() && irq.isLineHigh();
  }

  /**
   * A consumer comes: from now on the guest completes the interrupt. The host interrupt is
   * disabled, and no handler runs.
   *
   * @param irq the host interrupt
   */
  final void consumerComes(HostIrq irq) {
    synchronized (irqlock) {
      refuseWhileInFlight(irq);
      if (irq.trigger() == Trigger.LEVEL) {
        completedByGuest = true;
      }
    }
  }

  private void refuseWhileInFlight(HostIrq irq) {
    if (irq.isActive() || masked == Masked.BEING_HANDLED) {
      throw new BypassRefusal(
          Errno.EAGAIN,
          BypassReason.IRQ_ACTIVE,
          this + (irq.isActive() ? " is active" : " is being handled"));
    }
  }

  /**
   * The consumer goes: the host completes the interrupt again. One that is in flight in the guest
   * is completed here, once, and counts as being handled: the guest's completion unmasks it. The
   * host interrupt is disabled, and no handler runs.
   *
   * @param irq the host interrupt
   */
  final void consumerGoes(HostIrq irq) {
    boolean inFlight;
    synchronized (irqlock) {
      completedByGuest = false;
      untold = false;
      inFlight = irq.isActive();
      if (inFlight && irq.trigger() == Trigger.LEVEL && masked == Masked.NO) {
        maskHardware(irq, false);
        masked = Masked.BEING_HANDLED;
      }
    }
    if (inFlight) {
      irq.deactivate();
    }
  }

  @Override
  protected final void checkForwardable(HostIrq irq) {
    if (masked == Masked.BY_USER) {
      throw new BypassRefusal(
          Errno.EAGAIN, BypassReason.IRQ_MASKED, this + " is masked by userspace");
    }
    refuseWhileInFlight(irq);
  }

  @Override
  protected final BypassReason whyNotRegistered() {
    if (!hostCan(BypassMode.FORWARDED)) {
      return BypassReason.HARDWARE_CANNOT;
    }
    return device().vfio().rules().wiredProducers()
        ? BypassReason.NOT_REGISTERED
        : BypassReason.SWITCHED_OFF;
  }

  @Override
  protected final BypassProducer newProducer(HostIrq irq, ConnectPolicy policy) {
    return new WiredProducer(this, irq, policy);
  }

  /**
   * The eventfd behind a descriptor, as a new trigger.
   *
   * @param fd a descriptor; below 0: none
   * @return null for none
   * @throws ErrnoException {@code EBADF} or {@code EINVAL} if it is no eventfd
   */
  protected final @Nullable EventfdContext triggerOf(int fd) {
    return fd < 0 ? null : device().vfio().kernel().descriptors().eventfd(fd);
  }

  /**
   * Keeps the interrupt from firing. Called with the mask's lock held; must not wait.
   *
   * @param irq the host interrupt
   * @param onlyIfAsserted because it fired, not because it was asked for
   * @return false if the device does not assert it, and nothing was done
   */
  protected abstract boolean maskHardware(HostIrq irq, boolean onlyIfAsserted);

  /**
   * Lets a masked interrupt fire again, or says what is in the way. Called with the mask's lock
   * held; must not enable the host interrupt.
   *
   * @param irq the host interrupt
   * @return {@code NOTHING} if it stays masked
   */
  protected abstract Unmasked unmaskHardware(HostIrq irq);

  @Override
  public void writeTo(FingerprintSink sink) {
    super.writeTo(sink);
    sink.putReference(masked).putReference(trigger).put(completedByGuest).put(untold);
  }
}
