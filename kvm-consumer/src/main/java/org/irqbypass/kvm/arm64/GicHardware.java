package org.irqbypass.kvm.arm64;

import com.google.common.base.Preconditions;

/**
 * What the host's interrupt controller offers its hypervisor ({@code kvm_vgic_global_state}, {@code
 * arch/arm64/kvm/vgic/vgic-init.c}).
 *
 * @param version which controllers a guest can have; no host here emulates the other one
 * @param listRegisters how many interrupts each vCPU holds in hardware at once, 1 to 16
 * @param virtualLpis whether the host's ITS delivers messages to guests by itself (GICv4, {@code
 *     has_gicv4})
 */
public record GicHardware(GicVersion version, int listRegisters, boolean virtualLpis) {
  /** A GIC-400 and its like. */
  public static final GicHardware GICV2 = new GicHardware(GicVersion.V2, 4, false);

  /** A GICv3 as most cores implement it. */
  public static final GicHardware GICV3 = new GicHardware(GicVersion.V3, 4, false);

  /** A GICv3 that delivers virtual LPIs. Guests see a GICv3. */
  public static final GicHardware GICV4 = new GicHardware(GicVersion.V3, 4, true);

  /**
   * Describes a host's controller.
   *
   * @param version which controllers a guest can have
   * @param listRegisters 1 to 16
   * @param virtualLpis only with version 3
   */
  public GicHardware {
    Preconditions.checkArgument(
        listRegisters >= 1 && listRegisters <= 16, "%s list registers", listRegisters);
    Preconditions.checkArgument(!virtualLpis || version == GicVersion.V3, "vLPIs in a GICv2");
  }
}
