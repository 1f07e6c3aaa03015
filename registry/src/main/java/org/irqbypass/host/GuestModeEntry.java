package org.irqbypass.host;

import java.util.concurrent.atomic.AtomicLong;

/**
 * An entry of an AMD IOMMU's interrupt remapping table in guest mode ({@code struct irte_ga},
 * {@code drivers/iommu/amd/iommu.c}): which vCPU's backing page, which vector, and whether and
 * where that vCPU runs. KVM keeps the last two up to date, in every entry of a vCPU, whenever it is
 * scheduled.
 *
 * <p>Running and destination are one word, so the IOMMU never sees half of a change. It sets the
 * request bit first and reads the word then; KVM writes the word first and reads the bits then. So
 * a vCPU that is scheduled out while an interrupt arrives finds the bit, or is logged.
 *
 * <p>Safe for use from any number of threads; {@link #deliver()} neither blocks nor allocates.
 */
public final class GuestModeEntry implements PostedDelivery {
  private static final long NOT_RUNNING = -1;

  private final GuestModeTarget target;
  private final int vector;

  /**
   * The physical CPU ({@code Destination}), or that the vCPU does not run ({@code IsRun} clear).
   */
  private final AtomicLong running = new AtomicLong(NOT_RUNNING);

  /**
   * Makes an entry for a vCPU of which it is not known that it runs.
   *
   * @param target the vCPU
   * @param vector the guest's vector, 16 to 255
   */
  public GuestModeEntry(GuestModeTarget target, int vector) {
    this.target = target;
    this.vector = vector;
  }

  /**
   * The vCPU runs on a physical CPU from now on ({@code amd_iommu_update_ga()}).
   *
   * @param physicalCpu 0 or more
   */
  public void runsOn(int physicalCpu) {
    running.set(physicalCpu);
  }

  /** The vCPU does not run from now on ({@code amd_iommu_update_ga()}). */
  public void stopped() {
    running.set(NOT_RUNNING);
  }

  /**
   * Whether the IOMMU believes that the vCPU runs.
   *
   * @return IsRun
   */
  public boolean isRunning() {
    return running.get() != NOT_RUNNING;
  }

  /**
   * Where the IOMMU rings.
   *
   * @return a physical CPU; -1 while the vCPU does not run
   */
  public int destination() {
    return (int) running.get();
  }

  /**
   * Whose backing page is written.
   *
   * @return the vCPU
   */
  public GuestModeTarget target() {
    return target;
  }

  /**
   * The guest's vector.
   *
   * @return 16 to 255
   */
  public int vector() {
    return vector;
  }

  @Override
  public void deliver() {
    target.request(vector);
    long where = running.get();
    if (where == NOT_RUNNING) {
      target.logged();
    } else {
      target.doorbell((int) where);
    }
  }

  @Override
  public String toString() {
    return "vector " + vector + " of " + target;
  }
}
