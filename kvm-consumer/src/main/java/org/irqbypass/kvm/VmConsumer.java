package org.irqbypass.kvm;

import org.irqbypass.errno.ErrnoException;
import org.irqbypass.registry.BypassConsumer;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.BypassReason;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.trace.FingerprintSink;
import org.jspecify.annotations.Nullable;

/**
 * A consumer that turns its token into one guest interrupt of a VM: an irqfd's, or an explicit
 * forwarding. What the hardware is told is the architecture's {@link BypassPath}.
 *
 * <p>The producer and what the path keeps are guarded by the VM's lock of irqfds; stop and start
 * come without it, since they may block.
 */
public abstract sealed class VmConsumer extends BypassConsumer
    permits IrqfdConsumer, ExplicitForwarding {
  private final Vm vm;
  private final BypassPath path;

  /** Guarded by the VM's lock of irqfds; volatile for those who only look. */
  private volatile @Nullable BypassProducer producer;

  /** Of the connect that was tried last. */
  private volatile BypassReason refusedReason = BypassReason.PEER_REFUSED;

  VmConsumer(Vm vm, ConnectPolicy policy) {
    super(policy);
    this.vm = vm;
    this.path = vm.architecture().bypassPath(this);
  }

  /**
   * Whose guest interrupt this is.
   *
   * @return the VM
   */
  public final Vm vm() {
    return vm;
  }

  /**
   * The guest interrupt.
   *
   * @return unsigned
   */
  public abstract int gsi();

  /**
   * The route that is, or would be, programmed.
   *
   * @return null if the guest interrupt has none, or several
   */
  public abstract @Nullable Route route();

  /**
   * The last route that was, or would have been, programmed. Where the guest interrupt has none any
   * more, this is what Linux's cached entry still holds besides its type.
   *
   * @return {@link #route()} unless that is null; null if there never was one, and of an explicit
   *     forwarding, which keeps nothing but the route it is programmed for
   */
  public @Nullable Route formerRoute() {
    return route();
  }

  /** Why {@link #route()} is null. */
  abstract BypassReason reasonOfNoRoute();

  /**
   * The producer this consumer is connected to.
   *
   * @return null while there is none
   */
  public final @Nullable BypassProducer producer() {
    return producer;
  }

  /**
   * What the architecture does for this consumer.
   *
   * @return the same path at each call
   */
  public final BypassPath path() {
    return path;
  }

  @Override
  protected void stop() {
    if (vm.trace().enabled()) {
      vm.trace().emit(new KvmEvent.BypassStop(this));
    }
    refusedReason = BypassReason.PEER_REFUSED;
    path.stop();
  }

  @Override
  protected void start() {
    if (vm.trace().enabled()) {
      vm.trace().emit(new KvmEvent.BypassStart(this));
    }
    path.start();
  }

  @Override
  protected int addProducer(BypassProducer comer) {
    boolean traced = vm.trace().enabled();
    if (traced) {
      vm.trace().emit(new KvmEvent.BypassAddProducer(this));
    }
    int result;
    try {
      result = addProducerLocked(comer);
    } catch (ErrnoException refused) {
      if (traced) {
        vm.trace().emit(new KvmEvent.BypassAddProducerReturned(this, -refused.errno().number()));
      }
      throw refused;
    }
    if (traced) {
      vm.trace().emit(new KvmEvent.BypassAddProducerReturned(this, result));
    }
    return result;
  }

  private int addProducerLocked(BypassProducer comer) {
    vm.irqfdTable().lock();
    try {
      int result = path.addProducer(comer, route());
      if (result == 0) {
        // Only now: a connect that failed is never disconnected, and the reference would dangle.
        producer = comer;
        producerChanged();
      } else {
        refusedReason = path.reason();
      }
      return result;
    } finally {
      vm.irqfdTable().unlock();
    }
  }

  @Override
  protected void delProducer(BypassProducer goer) {
    if (vm.trace().enabled()) {
      vm.trace().emit(new KvmEvent.BypassDelProducer(this));
    }
    vm.irqfdTable().lock();
    try {
      path.delProducer(goer);
    } catch (ErrnoException refused) {
      // Told and no more, as in Linux: whoever unregisters goes on freeing what is behind it.
      if (vm.trace().enabled()) {
        vm.trace().emit(new KvmEvent.BypassDelProducerFailed(this, -refused.errno().number()));
      }
    } finally {
      producer = null;
      producerChanged();
      vm.irqfdTable().unlock();
    }
  }

  /** A producer came or went. Under the VM's lock of irqfds. */
  void producerChanged() {}

  @Override
  protected BypassReason refusedReason() {
    return refusedReason;
  }

  @Override
  protected BypassReason connectedReason() {
    if (!vm.architecture().canBypass()) {
      return BypassReason.HARDWARE_CANNOT;
    }
    BypassReason reason = path.reason(); // which may be that it is bypassed, without a route
    return route() == null && reason != BypassReason.BYPASSED ? reasonOfNoRoute() : reason;
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    super.writeTo(sink);
    sink.put(gsi()).putReference(producer).putReference(connectedReason());
    Route current = route();
    if (current != null) {
      RoutingTable.write(current.entry(), sink);
    }
  }
}
