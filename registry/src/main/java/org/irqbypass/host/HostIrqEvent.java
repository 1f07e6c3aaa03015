package org.irqbypass.host;

import org.irqbypass.trace.TraceEvent;
import org.jspecify.annotations.Nullable;

/** What a host interrupt tells its listener. */
public sealed interface HostIrqEvent extends TraceEvent {
  /**
   * The device raised the interrupt.
   *
   * @param irq what was raised
   * @param raise what became of it
   */
  record Raised(HostIrq irq, Raise raise) implements HostIrqEvent {}

  /**
   * The interrupt's hardware entry was programmed ({@code irq_set_vcpu_affinity()}).
   *
   * @param irq what was programmed
   * @param affinity for which vCPU; null: back to the host
   */
  record Programmed(HostIrq irq, @Nullable VcpuAffinity affinity) implements HostIrqEvent {}

  /**
   * Software made the interrupt active, without that it had fired.
   *
   * @param irq what is active now
   */
  record Activated(HostIrq irq) implements HostIrqEvent {}

  /**
   * The interrupt was deactivated, by the host or by the guest to which it is forwarded.
   *
   * @param irq what is inactive now
   */
  record Deactivated(HostIrq irq) implements HostIrqEvent {}
}
