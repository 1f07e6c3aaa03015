package org.irqbypass.kvm.arm64;

/** Which programmer's model a guest's interrupt controller has ({@code enum vgic_type}). */
public enum GicVersion {
  /** GICv2: at most 8 vCPUs, no ITS. */
  V2(8),
  /** GICv3: at most 512 vCPUs, and ITSs if there are any. */
  V3(512);

  private final int maximumVcpus;

  GicVersion(int maximumVcpus) {
    this.maximumVcpus = maximumVcpus;
  }

  /**
   * How many vCPUs a VM with such a controller may have ({@code VGIC_V2_MAX_CPUS}, {@code
   * VGIC_V3_MAX_CPUS}).
   *
   * @return the number, also the first vCPU id that is refused
   */
  public int maximumVcpus() {
    return maximumVcpus;
  }
}
