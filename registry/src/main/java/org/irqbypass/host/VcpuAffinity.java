package org.irqbypass.host;

/**
 * What {@code irq_set_vcpu_affinity()} ({@code kernel/irq/manage.c}) is given: for which vCPU, and
 * how, the hardware is to deliver or complete an interrupt. The records here are those of the
 * bundled platforms; a platform of one's own may define more.
 */
public interface VcpuAffinity {
  /**
   * Post to a vCPU ({@code struct vcpu_data}).
   *
   * @param target the vCPU's posted-interrupt descriptor
   * @param vector the guest's vector, 16 to 255
   */
  record Posted(PostedInterruptTarget target, int vector) implements VcpuAffinity {}

  /**
   * Write a vCPU's virtual APIC ({@code struct amd_iommu_pi_data}).
   *
   * @param entry names vCPU and vector, and is told where the vCPU runs
   */
  record GuestMode(GuestModeEntry entry) implements VcpuAffinity {}

  /**
   * Leave completion to the guest ({@code IRQD_FORWARDED_TO_VCPU}): the host drops the priority
   * only, and the guest's deactivation of its virtual interrupt deactivates this one.
   *
   * @param virtualInterrupt the guest's interrupt, its GIC INTID
   */
  record Forwarded(int virtualInterrupt) implements VcpuAffinity {}

  /**
   * Deliver to a guest as a virtual LPI ({@code struct its_cmd_info}, {@code struct its_vlpi_map}).
   *
   * @param mapping makes the LPI pending for the vCPU to which the guest sends it
   */
  record VirtualLpi(PostedDelivery mapping) implements VcpuAffinity {}
}
