package org.irqbypass.host;

import org.irqbypass.errno.Errno;
import org.jspecify.annotations.Nullable;

/**
 * A host whose IOMMU posts MSIs to vCPUs (VT-d posted interrupts, {@code
 * intel_ir_set_vcpu_affinity()}). Immutable.
 */
public final class PostedPlatform extends NamedPlatform {
  /**
   * Makes such a host.
   *
   * @param name what the command line calls it, such as {@code x86-posted}
   */
  public PostedPlatform(String name) {
    super(name, BypassMode.POSTED);
  }

  @Override
  public void setVcpuAffinity(HostIrq irq, @Nullable VcpuAffinity affinity) {
    if (affinity == null) {
      irq.postThrough(null);
    } else if (affinity instanceof VcpuAffinity.Posted posted && irq.isMessage()) {
      irq.postThrough(new RemappingEntry(posted.target(), posted.vector()));
    } else {
      throw refused(Errno.EINVAL, irq, affinity);
    }
  }
}
