package org.irqbypass.vfio;

import java.util.concurrent.atomic.AtomicReference;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.host.BypassMode;
import org.irqbypass.host.HostIrq;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.BypassReason;
import org.irqbypass.registry.BypassStatus;
import org.irqbypass.registry.BypassToken;
import org.irqbypass.registry.ConnectFailedException;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.jspecify.annotations.Nullable;

/**
 * One interrupt of a device, named by index and sub-index. It has a host interrupt only at times;
 * it registers the producer by which VFIO itself tells the registry of that host interrupt, and is
 * the place where an explicit forwarding attaches.
 *
 * <p>An explicit forwarding belongs to this object, not to a trigger: it waits while there is no
 * host interrupt, its producer is registered each time one is requested, and unregistered before
 * one is freed. It ends by {@link #unforward()} or when the device is closed.
 *
 * <p>Safe for use from many threads: what changes is guarded by the device's igate.
 */
public abstract class VfioInterrupt implements Fingerprinted {
  private final VfioDevice device;
  private final int index;
  private final int subindex;

  /** The producer that VFIO registered by itself; read by status without the igate. */
  private volatile @Nullable BypassProducer automatic;

  private volatile @Nullable BypassToken forwarding;
  private volatile @Nullable BypassProducer forwarder;

  /**
   * Which of the two producers is connected. Each is connected under the lock of a token of its
   * own, so the two may come at once: the place is taken in one step.
   */
  private final AtomicReference<@Nullable BypassProducer> connected = new AtomicReference<>();

  /**
   * Makes an interrupt without a host interrupt.
   *
   * @param device whose
   * @param index which index
   * @param subindex which of the index's interrupts
   */
  protected VfioInterrupt(VfioDevice device, int index, int subindex) {
    this.device = device;
    this.index = index;
    this.subindex = subindex;
  }

  /**
   * The device.
   *
   * @return whose interrupt this is
   */
  public final VfioDevice device() {
    return device;
  }

  /**
   * The index.
   *
   * @return which of the device's
   */
  public final int index() {
    return index;
  }

  /**
   * The sub-index.
   *
   * @return which of the index's interrupts
   */
  public final int subindex() {
    return subindex;
  }

  /**
   * The host interrupt.
   *
   * @return null while none is requested
   */
  public abstract @Nullable HostIrq hostIrq();

  /**
   * Whether userspace masked the interrupt.
   *
   * @return false for MSI and MSI-X, which VFIO cannot mask
   */
  public abstract boolean isMasked();

  /**
   * Whether the interrupt is masked because it is being handled, until it is unmasked.
   *
   * @return false for MSI and MSI-X
   */
  public abstract boolean isBeingHandled();

  /**
   * The eventfd that the interrupt signals.
   *
   * @return null while there is none
   */
  public abstract @Nullable EventfdContext trigger();

  /**
   * Whether the interrupt is bypassed through the producer that VFIO registered by itself, and if
   * not, why.
   *
   * @return a snapshot
   */
  public final BypassStatus status() {
    BypassProducer producer = automatic;
    if (producer != null) {
      return producer.status();
    }
    BypassReason reason =
        device.vfio().policy() == ConnectPolicy.DISABLED
            ? BypassReason.SWITCHED_OFF
            : whyNotRegistered();
    return new BypassStatus(BypassStatus.State.UNREGISTERED, reason, null);
  }

  /**
   * Whether the interrupt is bypassed through an explicit forwarding, and if not, why.
   *
   * @return a snapshot
   */
  public final BypassStatus forwardingStatus() {
    BypassProducer producer = forwarder;
    return producer == null
        ? new BypassStatus(BypassStatus.State.UNREGISTERED, BypassReason.NOT_REGISTERED, null)
        : producer.status();
  }

  /**
   * The producer of this interrupt that is connected.
   *
   * @return VFIO's own, or that of an explicit forwarding; null while there is none
   */
  public final @Nullable BypassProducer connected() {
    BypassProducer explicit = forwarder;
    if (explicit != null && explicit.peer() != null) {
      return explicit;
    }
    BypassProducer own = automatic;
    return own != null && own.peer() != null ? own : null;
  }

  /**
   * Whether there is an explicit forwarding, in force or waiting.
   *
   * @return true from {@link #forward} to {@link #unforward}
   */
  public final boolean isForwarded() {
    return forwarding != null;
  }

  /**
   * Forwards the interrupt explicitly. Where there is a host interrupt its producer is registered
   * now, otherwise as soon as one is requested; a later refusal is an event only.
   *
   * @param token under which the guest's side was registered, or will be
   * @throws ErrnoException {@code EBADF} if the device is not open; {@code EEXIST} if the interrupt
   *     is forwarded already; {@code EAGAIN} if a wired interrupt is masked by userspace, is being
   *     handled, or is active; {@code EIO} if the guest's side refused with a positive number; and
   *     what the registry throws. Nothing has changed then
   */
  public final void forward(BypassToken token) {
    device.igate().lock();
    try {
      device.checkOpen();
      if (forwarding != null) {
        throw new ErrnoException(Errno.EEXIST, this + " is forwarded already");
      }
      HostIrq irq = hostIrq();
      if (irq != null) {
        checkForwardable(irq);
        connectForwarder(irq, token);
      }
      forwarding = token;
    } finally {
      device.igate().unlock();
    }
  }

  /**
   * Ends an explicit forwarding, at any time. An interrupt in flight is completed once, and counts
   * as being handled until it is unmasked.
   *
   * @throws ErrnoException {@code ENOENT} if the interrupt is not forwarded
   */
  public final void unforward() {
    device.igate().lock();
    try {
      if (forwarding == null) {
        throw new ErrnoException(Errno.ENOENT, this + " is not forwarded");
      }
      endForwarding();
    } finally {
      device.igate().unlock();
    }
  }

  /** Ends an explicit forwarding if there is one. Called with the igate held. */
  protected final void endForwarding() {
    forwarding = null;
    try {
      disconnectForwarder();
    } finally {
      forwarder = null;
    }
  }

  private void connectForwarder(HostIrq irq, BypassToken token) {
    BypassProducer producer = newProducer(irq, ConnectPolicy.OPPORTUNISTIC);
    int result = device.vfio().kernel().registry().register(producer, token);
    if (result > 0) {
      throw new ErrnoException(
          Errno.EIO, "the guest's side of " + this + " refused with " + result);
    }
    forwarder = producer;
  }

  private void disconnectForwarder() {
    BypassProducer producer = forwarder;
    if (producer != null) {
      device.vfio().kernel().registry().unregister(producer);
    }
  }

  /**
   * Connects an explicit forwarding that waited for a host interrupt. Called with the igate held,
   * after a host interrupt was requested: its handler may have run already, and requesting it may
   * have slept.
   *
   * @param irq the host interrupt
   */
  protected final void hostIrqRequested(HostIrq irq) {
    device.vfio().kernel().waiter().schedule();
    BypassToken token = forwarding;
    if (token == null) {
      return;
    }
    BypassProducer producer = newProducer(irq, ConnectPolicy.OPPORTUNISTIC);
    forwarder = producer;
    try {
      int result = device.vfio().kernel().registry().register(producer, token);
      if (result > 0) {
        tellRefused(producer, result, null);
      }
    } catch (ErrnoException refused) {
      tellRefused(producer, -refused.errno().number(), refused.errno());
    }
  }

  /**
   * Unregisters both producers, so that nobody programs a host interrupt that is about to go.
   * Called with the igate held, before a host interrupt is freed.
   */
  protected final void hostIrqGoes() {
    try {
      unregisterProducer();
    } finally {
      disconnectForwarder();
    }
  }

  /**
   * Registers the producer by which VFIO itself tells of the host interrupt. A failure is an event
   * only, unless one side REQUIRES the connect. Called with the igate held.
   *
   * @param irq the host interrupt
   * @param trigger the eventfd that it signals
   * @throws RequiredConnectException why a required connect failed; {@code EIO} where the peer
   *     refused with a positive number. The producer is not registered then
   */
  protected final void registerProducer(HostIrq irq, EventfdContext trigger) {
    if (whyNotRegistered() != BypassReason.NOT_REGISTERED) {
      return;
    }
    ConnectPolicy policy = device.vfio().policy();
    BypassProducer producer = newProducer(irq, policy);
    automatic = producer;
    int result;
    try {
      result = device.vfio().kernel().registry().register(producer, trigger);
    } catch (ErrnoException refused) {
      tellRefused(producer, -refused.errno().number(), refused.errno());
      if (policy == ConnectPolicy.REQUIRED
          || (refused instanceof ConnectFailedException failed
              && failed.policy() == ConnectPolicy.REQUIRED)) {
        automatic = null;
        throw new RequiredConnectException(refused.errno(), refused);
      }
      return;
    }
    if (result > 0) {
      tellRefused(producer, result, null);
    }
  }

  /** Unregisters the producer that {@link #registerProducer} made. Called with the igate held. */
  protected final void unregisterProducer() {
    BypassProducer producer = automatic;
    if (producer != null) {
      try {
        // Also where its registration failed: Linux calls too, and nothing happens.
        device.vfio().kernel().registry().unregister(producer);
      } finally {
        automatic = null;
      }
    }
  }

  private void tellRefused(BypassProducer producer, int result, @Nullable Errno errno) {
    if (device.vfio().kernel().trace().enabled()) {
      device
          .vfio()
          .kernel()
          .trace()
          .emit(new VfioEvent.ProducerRefused(this, producer, result, errno));
    }
  }

  /** The interrupt was unmasked or went idle: a pairing that was refused may be possible now. */
  protected final void mayConnectNow() {
    BypassProducer producer = automatic;
    if (producer != null) {
      device.vfio().kernel().registry().retry(producer);
    }
  }

  /**
   * A pairing begins; one host interrupt serves one pairing at a time.
   *
   * @param producer whose
   * @return false if the other producer of this interrupt is connected
   */
  final boolean connect(BypassProducer producer) {
    return connected.compareAndSet(null, producer);
  }

  final void disconnected(BypassProducer producer) {
    connected.compareAndSet(producer, null);
  }

  /**
   * Whether hardware can bypass this interrupt in a way.
   *
   * @param mode the way
   * @return true if the host's platform works that way
   */
  protected final boolean hostCan(BypassMode mode) {
    return device.vfio().kernel().platform().bypass() == mode;
  }

  /**
   * Why VFIO has registered no producer for this interrupt.
   *
   * @return {@code NOT_REGISTERED}: it does once there is a trigger, as for MSI and MSI-X; else why
   *     this host and kernel never register one for this kind of interrupt
   */
  protected abstract BypassReason whyNotRegistered();

  /**
   * Makes a producer for a host interrupt.
   *
   * @param irq the host interrupt
   * @param policy of the registration
   * @return a producer that is not registered
   */
  protected abstract BypassProducer newProducer(HostIrq irq, ConnectPolicy policy);

  /**
   * Refuses an explicit forwarding that cannot begin now.
   *
   * @param irq the host interrupt
   * @throws ErrnoException {@code EAGAIN}
   */
  protected abstract void checkForwardable(HostIrq irq);

  @Override
  public String toString() {
    return device.name() + "/" + index + "/" + subindex;
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    sink.putReference(automatic)
        .putReference(forwarding)
        .putReference(forwarder)
        .putReference(connected.get());
  }
}
