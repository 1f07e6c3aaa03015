package org.irqbypass.host;

/** What a host's hardware can take off the host's hands. */
public enum BypassMode {
  /** Nothing: every interrupt passes through the host. */
  NONE,
  /** MSIs are delivered to a running vCPU (VT-d posted interrupts, AMD AVIC). */
  POSTED,
  /** The guest completes a wired interrupt (GIC list registers with the hardware bit). */
  FORWARDED,
  /** MSIs are delivered as virtual LPIs (GICv4). */
  VLPI
}
