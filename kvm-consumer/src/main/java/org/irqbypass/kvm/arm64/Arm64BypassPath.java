package org.irqbypass.kvm.arm64;

import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.host.BypassMode;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.VcpuAffinity;
import org.irqbypass.kvm.BypassPath;
import org.irqbypass.kvm.Route;
import org.irqbypass.kvm.VmConsumer;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.BypassReason;
import org.irqbypass.registry.BypassRefusal;
import org.irqbypass.trace.Tracepoints;
import org.jspecify.annotations.Nullable;

/**
 * What the Arm host does for one consumer ({@code kvm_arch_irq_bypass_*()}, {@code
 * arch/arm64/kvm/arm.c}).
 *
 * <p>A wired host interrupt is put behind the SPI that the route names, so that the guest completes
 * it. No Linux release does this through the registry: it is the unmerged proposal of 2017. A
 * message is left to software, which is what Linux does where the hardware has no virtual LPIs.
 *
 * <p><b>Who completes.</b> While mapped: the guest. When the mapping ends, the host interrupt may
 * be active: its producer completes it, once, when it is told that the consumer has gone; what the
 * guest has in flight it completes by software. When the route changes, this class completes it, so
 * that a line that is still high comes again through the new route. Where the guest still has one
 * in flight there, from before the route led away, the host interrupt is active until the guest
 * ends that one. While there is a producer and no route, the host interrupt stays forwarded: once
 * it has fired it waits for a route, or for the producer to go, and does not fire again and again
 * into nothing.
 *
 * <p>Guarded by the VM's lock of irqfds.
 */
final class Arm64BypassPath implements BypassPath {
  private static final int UNMAPPED = -1;

  private final Arm64Vm arm64;
  private final VmConsumer consumer;
  private final Tracepoints trace;

  /** The SPI that is mapped; volatile for those who only look. */
  private volatile int mapped = UNMAPPED;

  private volatile BypassReason reasonUnmapped = BypassReason.HARDWARE_CANNOT;

  Arm64BypassPath(Arm64Vm arm64, VmConsumer consumer) {
    this.arm64 = arm64;
    this.consumer = consumer;
    this.trace = arm64.vm().trace();
  }

  @Override
  public void stop() {
    arm64.vm().haltVcpus();
  }

  @Override
  public void start() {
    arm64.vm().resumeVcpus();
  }

  @Override
  public int addProducer(BypassProducer producer, @Nullable Route route) {
    HostIrq host = producer.irq();
    if (!isForwardable(host)) {
      if (trace.enabled()) {
        trace.emit(new VgicEvent.V4SetForwarding(host, route, consumer.formerRoute()));
        trace.emit(new VgicEvent.Returned(VgicFunction.KVM_VGIC_V4_SET_FORWARDING, 0));
      }
      reasonUnmapped = BypassReason.HARDWARE_CANNOT;
      return 0;
    }
    int intid = spiOf(route);
    if (intid == UNMAPPED) {
      throw new BypassRefusal(
          Errno.EINVAL,
          reasonOf(route),
          "wired " + host + " cannot be forwarded to gsi " + consumer.gsi() + ": " + route);
    }
    map(intid, host);
    return 0;
  }

  private static boolean isForwardable(HostIrq host) {
    return host.platform().bypass() == BypassMode.FORWARDED && !host.isMessage();
  }

  /** The SPI of a route; {@link #UNMAPPED} if it leads to none. */
  private int spiOf(@Nullable Route route) {
    return route instanceof Arm64Vm.SpiRoute spi && arm64.vgic().isValidSpi(spi.intid())
        ? spi.intid()
        : UNMAPPED;
  }

  private static BypassReason reasonOf(@Nullable Route route) {
    return route instanceof Arm64Vm.SpiRoute || route == null
        ? BypassReason.ROUTE_MISSING
        : BypassReason.HARDWARE_CANNOT;
  }

  /**
   * Both the vGIC and the host, or neither. The host interrupt is active from then on if the guest
   * has one in flight there: a guest must not end there what is not active.
   *
   * @return whether the host interrupt is seen to: the guest has one in flight, whose end completes
   *     it, or it was active for that one only, and is no more
   */
  private boolean map(int intid, HostIrq host) {
    SpiState state = arm64.vgic().spiState(intid);
    boolean activates = (state.active() || state.pending()) && !state.mapped() && !host.isActive();
    if (activates) {
      host.activate(); // before it is mapped, and the guest's end completes it
    }
    boolean inFlight = false;
    boolean mappedThere = false;
    boolean programmed = false;
    try {
      inFlight = arm64.vgic().map(intid, host);
      mappedThere = true;
      host.setVcpuAffinity(new VcpuAffinity.Forwarded(intid));
      programmed = true;
    } finally {
      if (mappedThere && !programmed) {
        arm64.vgic().unmap(intid);
      }
      if (activates && !(programmed && inFlight)) {
        host.deactivate(); // refused, or the guest has ended its own meanwhile
      }
    }
    mapped = intid;
    return inFlight || activates;
  }

  @Override
  public void delProducer(BypassProducer producer) {
    HostIrq host = producer.irq();
    if (!isForwardable(host)) {
      if (trace.enabled()) {
        trace.emit(new VgicEvent.V4UnsetForwarding(host, consumer.route(), consumer.formerRoute()));
        trace.emit(new VgicEvent.Returned(VgicFunction.KVM_VGIC_V4_UNSET_FORWARDING, 0));
      }
      return;
    }
    unmap();
    host.setVcpuAffinity(null);
  }

  private void unmap() {
    int intid = mapped;
    if (intid != UNMAPPED) {
      arm64.vgic().unmap(intid);
      mapped = UNMAPPED;
    }
  }

  @Override
  public int routeChanged(BypassProducer producer, @Nullable Route route) {
    HostIrq host = producer.irq();
    if (!isForwardable(host)) {
      return 0;
    }
    int intid = spiOf(route);
    if (intid == mapped && intid != UNMAPPED) {
      return 0;
    }
    unmap();
    if (intid == UNMAPPED) {
      reasonUnmapped = reasonOf(route);
      return -Errno.EINVAL.number();
    }
    try {
      if (!map(intid, host)) {
        host.deactivate();
      }
    } catch (ErrnoException refused) {
      reasonUnmapped = BypassReason.PEER_REFUSED;
      return -refused.errno().number();
    }
    return 0;
  }

  @Override
  public BypassReason reason() {
    return mapped == UNMAPPED ? reasonUnmapped : BypassReason.BYPASSED;
  }
}
