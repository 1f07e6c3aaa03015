package org.irqbypass.vfio.pci;

import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.IrqHandler;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.BypassReason;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.vfio.MessageProducer;
import org.irqbypass.vfio.RequiredConnectException;
import org.irqbypass.vfio.VfioEvent;
import org.irqbypass.vfio.VfioInterrupt;
import org.jspecify.annotations.Nullable;

/** One MSI or MSI-X vector ({@code struct vfio_pci_irq_ctx}, {@code vfio_pci_intrs.c}). */
final class MessageInterrupt extends VfioInterrupt {
  private final VectorTable vectors;
  private final DescriptorSource descriptors;
  private final Tracepoints trace;
  private volatile @Nullable EventfdContext trigger;
  private volatile @Nullable HostIrq irq;

  /** The eventfd behind a descriptor. */
  @FunctionalInterface
  interface DescriptorSource {
    EventfdContext eventfd(int fd);
  }

  MessageInterrupt(
      VfioPciDevice device,
      int index,
      int vector,
      VectorTable vectors,
      DescriptorSource descriptors,
      Tracepoints trace) {
    super(device, index, vector);
    this.vectors = vectors;
    this.descriptors = descriptors;
    this.trace = trace;
  }

  @Override
  public @Nullable HostIrq hostIrq() {
    return irq;
  }

  @Override
  public boolean isMasked() {
    return false;
  }

  @Override
  public boolean isBeingHandled() {
    return false;
  }

  @Override
  public @Nullable EventfdContext trigger() {
    return trigger;
  }

  /**
   * {@code vfio_msi_set_vector_signal()}: replaces the trigger. The producer goes before the host
   * interrupt is freed, always, so that nobody programs an interrupt that is gone.
   *
   * @param fd the new trigger; below 0: none
   * @throws ErrnoException {@code EINVAL} if the vector is not allocated, or the descriptor is no
   *     eventfd; {@code EBADF} if it is not open; and why a required connect failed. The vector has
   *     no trigger then
   */
  void setSignal(int fd) {
    if (trace.enabled()) {
      trace.emit(new VfioEvent.SetVectorSignal(device(), subindex(), fd));
    }
    int result = 0;
    try {
      replace(fd);
    } catch (ErrnoException refused) {
      result = -refused.errno().number();
      throw refused;
    } finally {
      if (trace.enabled()) {
        trace.emit(new VfioEvent.SetVectorSignalReturned(device(), subindex(), result));
      }
    }
  }

  private void replace(int fd) {
    dropTrigger();
    if (fd < 0) {
      return;
    }
    if (vectors.irq(subindex()) == null) {
      throw new ErrnoException(
          Errno.EINVAL, this + " was not allocated when its index was enabled");
    }
    setTrigger(descriptors.eventfd(fd));
  }

  private void dropTrigger() {
    if (trigger != null) {
      try {
        hostIrqGoes();
      } finally { // whatever a callback threw, the handler goes
        irq = null;
        trigger = null;
        vectors.free(subindex());
      }
    }
  }

  private void setTrigger(EventfdContext newTrigger) {
    HostIrq allocated = vectors.irq(subindex());
    if (allocated == null) {
      throw new AssertionError(this + " has no host interrupt");
    }
    Handler handler = new Handler(newTrigger, trace);
    trigger = newTrigger;
    irq = allocated;
    boolean set = false;
    try {
      vectors.request(subindex(), handler);
      hostIrqRequested(allocated);
      registerProducer(allocated, newTrigger);
      set = true;
    } finally {
      if (!set) {
        dropTrigger();
      }
    }
  }

  /** Gives the vector back what it had before a call that failed as a whole. */
  void restore(EventfdContext former) {
    dropTrigger();
    try {
      setTrigger(former);
    } catch (RequiredConnectException refused) {
      // A peer that requires the connect refuses now what it accepted before: told by an event.
      return;
    }
    if (trace.enabled()) {
      trace.emit(new VfioEvent.TriggerRestored(this, former));
    }
  }

  void detach() {
    endForwarding();
  }

  @Override
  protected BypassReason whyNotRegistered() {
    return BypassReason.NOT_REGISTERED;
  }

  @Override
  protected BypassProducer newProducer(HostIrq host, ConnectPolicy policy) {
    return new MessageProducer(this, host, policy);
  }

  @Override
  protected void checkForwardable(HostIrq host) {}

  @Override
  public void writeTo(FingerprintSink sink) {
    super.writeTo(sink);
    sink.putReference(trigger).putReference(irq);
  }

  /** {@code vfio_msihandler()}: the whole of VFIO that an interrupt passes through. */
  private static final class Handler implements IrqHandler {
    private final EventfdContext trigger;
    private final Tracepoints trace;

    Handler(EventfdContext trigger, Tracepoints trace) {
      this.trigger = trigger;
      this.trace = trace;
    }

    @Override
    public boolean handle(HostIrq irq) {
      if (trace.enabled()) {
        trace.emit(new VfioEvent.MsiHandler(trigger));
      }
      trigger.signal();
      return true;
    }
  }
}
