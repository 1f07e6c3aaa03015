package org.irqbypass.host;

/** What a host's hardware can take off the host's hands. */
public enum BypassMode {
  /** Nothing: every interrupt passes through the host. */
  NONE,
  /** MSIs are delivered to a running vCPU through its descriptor (VT-d posted interrupts). */
  POSTED,
  /** MSIs are delivered into a vCPU's virtual APIC (AMD AVIC). */
  GUEST_MODE,
  /** The guest completes a wired interrupt (GIC list registers with the hardware bit). */
  FORWARDED,
  /** MSIs are delivered as virtual LPIs (GICv4). */
  VLPI;

  /**
   * Whether hardware delivers MSIs past the host.
   *
   * @return false where at most the completion is taken off the host's hands
   */
  public boolean deliversMessages() {
    return this == POSTED || this == GUEST_MODE || this == VLPI;
  }
}
