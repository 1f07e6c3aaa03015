package org.irqbypass.host;

import org.irqbypass.errno.Errno;
import org.jspecify.annotations.Nullable;

/**
 * A host whose interrupt controller splits priority drop from deactivation, and lets the guest do
 * the latter (GICv2 and GICv3 in EOImode 1, {@code gic_irq_set_vcpu_affinity()} in {@code
 * drivers/irqchip/irq-gic*.c}). Immutable.
 */
public final class ForwardingPlatform extends NamedPlatform {
  /**
   * Makes such a host.
   *
   * @param name what the command line calls it, such as {@code arm64-gicv2}
   */
  public ForwardingPlatform(String name) {
    super(name, BypassMode.FORWARDED);
  }

  @Override
  public void setVcpuAffinity(HostIrq irq, @Nullable VcpuAffinity affinity) {
    if (affinity == null) {
      irq.forward(false);
    } else if (affinity instanceof VcpuAffinity.Forwarded && !irq.isMessage()) {
      irq.forward(true);
    } else {
      throw refused(Errno.EINVAL, irq, affinity);
    }
  }
}
