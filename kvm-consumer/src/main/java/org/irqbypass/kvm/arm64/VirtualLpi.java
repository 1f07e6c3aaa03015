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
 * <p>Guarded by the vGIC's lock. Made and changed by {@link VirtualLpis}.
 */
final class VirtualLpi implements PostedDelivery, Fingerprinted {
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
