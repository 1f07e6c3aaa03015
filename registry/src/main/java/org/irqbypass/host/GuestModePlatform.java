package org.irqbypass.host;

import org.irqbypass.errno.Errno;
import org.jspecify.annotations.Nullable;

/**
 * A host whose IOMMU delivers MSIs into a guest's virtual APIC (AMD AVIC, {@code
 * amd_ir_set_vcpu_affinity()} in {@code drivers/iommu/amd/iommu.c}). Immutable.
 */
public final class GuestModePlatform extends NamedPlatform {
  /**
   * Makes such a host.
   *
   * @param name what the command line calls it, such as {@code x86-avic}
   */
  public GuestModePlatform(String name) {
    super(name, BypassMode.GUEST_MODE);
  }

  @Override
  public void setVcpuAffinity(HostIrq irq, @Nullable VcpuAffinity affinity) {
    if (affinity == null) {
      irq.postThrough(null);
    } else if (affinity instanceof VcpuAffinity.GuestMode guest && irq.isMessage()) {
      irq.postThrough(guest.entry());
    } else {
      throw refused(Errno.EINVAL, irq, affinity);
    }
  }
}
