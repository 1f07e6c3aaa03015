package org.irqbypass.host;

/**
 * A vCPU whose virtual APIC the IOMMU writes itself (AMD AVIC): its backing page, and the two ways
 * to let it know. Safe from any number of threads; nothing here blocks or allocates.
 */
public interface GuestModeTarget {
  /**
   * Sets a vector's request bit in the backing page (IRR).
   *
   * @param vector 16 to 255
   */
  void request(int vector);

  /**
   * Rings the doorbell of the physical CPU on which the vCPU runs: it looks at its backing page
   * without an exit.
   *
   * @param physicalCpu where the entry said that the vCPU runs
   */
  void doorbell(int physicalCpu);

  /**
   * The guest-APIC log has an entry of this vCPU ({@code amd_iommu_ga_log_notifier}): something was
   * requested while it did not run.
   */
  void logged();
}
