package org.irqbypass.kvm.arm64;

import org.irqbypass.host.HostIrq;
import org.irqbypass.host.PostedDelivery;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;

/**
 * A host interrupt that reaches a guest as an LPI, past the host ({@code struct its_vlpi_map}).
 * Whether it is pending is known to the hardware alone: what software makes pending of the same LPI
 * is another matter, and both may be delivered.
 *
 * <p>Guarded by the vGIC's lock, which the public methods take. Made and changed by {@link
 * VirtualLpis}.
 */
public final class VirtualLpi implements PostedDelivery, Fingerprinted {
  final VgicIrq lpi;
  final HostIrq host;
  private final VirtualLpis virtualLpis;

  /** To which vCPU it goes ({@code its_vlpi_map.vpe}). */
  VgicCpu target;

  boolean pending;

  VirtualLpi(VirtualLpis virtualLpis, VgicIrq lpi, HostIrq host, VgicCpu target) {
    this.virtualLpis = virtualLpis;
    this.lpi = lpi;
    this.host = host;
    this.target = target;
  }

  /** Whether this is one of a guest's. */
  boolean belongsTo(VirtualLpis some) {
    return virtualLpis == some;
  }

  /**
   * The guest's interrupt.
   *
   * @return the LPI's INTID
   */
  public int intid() {
    return lpi.intid;
  }

  /**
   * To which vCPU the interrupt goes at the moment.
   *
   * @return changes when the guest moves the LPI or its collection
   */
  public Arm64Vcpu vcpu() {
    return virtualLpis.vcpuOf(this);
  }

  @Override
  public void deliver() {
    virtualLpis.deliver(this);
  }

  @Override
  public void discard() {
    virtualLpis.discard(this);
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    sink.put(lpi.intid).putReference(host).putReference(target).put(pending);
  }

  @Override
  public String toString() {
    return "vLPI " + lpi.intid + " of " + virtualLpis.vm();
  }
}
