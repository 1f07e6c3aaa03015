package org.irqbypass.host;

import org.jspecify.annotations.Nullable;

/**
 * A host's interrupt controller and IOMMU, as far as interrupts of passed-through devices go. This
 * is the interface through which a consumer programs posting or forwarding; implement it to bring
 * hardware of your own. Implementations are safe for use from many threads.
 */
public interface HostPlatform {
  /**
   * What the platform is called on the command line.
   *
   * @return a name such as {@code x86-posted}
   */
  String name();

  /**
   * What the hardware can bypass.
   *
   * @return the same value at each call
   */
  BypassMode bypass();

  /**
   * Programs how the hardware delivers or completes an interrupt ({@code irq_set_vcpu_affinity()}),
   * by calling {@link HostIrq#postThrough} or {@link HostIrq#forward} on it. Callers come one at a
   * time for one interrupt.
   *
   * @param irq what to program
   * @param affinity for which vCPU; null takes the interrupt back to the host
   * @throws org.irqbypass.errno.ErrnoException {@code ENOSYS} if the hardware cannot; {@code
   *     EINVAL} if it cannot for this kind of interrupt; nothing has changed then
   */
  void setVcpuAffinity(HostIrq irq, @Nullable VcpuAffinity affinity);
}
