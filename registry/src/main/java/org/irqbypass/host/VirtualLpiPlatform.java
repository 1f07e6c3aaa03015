package org.irqbypass.host;

import org.irqbypass.errno.Errno;
import org.jspecify.annotations.Nullable;

/**
 * A host whose interrupt translation service delivers MSIs to guests as virtual LPIs (GICv4, {@code
 * its_irq_set_vcpu_affinity()} in {@code drivers/irqchip/irq-gic-v3-its.c}). It completes no wired
 * interrupts. Immutable.
 */
public final class VirtualLpiPlatform extends NamedPlatform {
  /**
   * Makes such a host.
   *
   * @param name what the command line calls it, such as {@code arm64-gicv4}
   */
  public VirtualLpiPlatform(String name) {
    super(name, BypassMode.VLPI);
  }

  @Override
  public void setVcpuAffinity(HostIrq irq, @Nullable VcpuAffinity affinity) {
    if (affinity == null) {
      irq.postThrough(null);
    } else if (affinity instanceof VcpuAffinity.VirtualLpi vlpi && irq.isMessage()) {
      program(irq, vlpi);
    } else {
      throw refused(Errno.EINVAL, irq, affinity);
    }
  }

  /**
   * An interrupt that is mapped already is moved ({@code VMOVI}). If its handler was freed since,
   * and with that the mapping deactivated, there is nothing to move, and it stays the host's.
   */
  private static void program(HostIrq irq, VcpuAffinity.VirtualLpi vlpi) {
    boolean mapped = irq.vcpuAffinity() instanceof VcpuAffinity.VirtualLpi;
    if (!mapped || irq.isPosted()) {
      irq.postThrough(vlpi.mapping());
    }
  }
}
