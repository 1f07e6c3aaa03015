package org.irqbypass.kvm;

/**
 * Is told when a vCPU has something to run for: for those who drive vCPUs on threads of their own.
 */
@FunctionalInterface
public interface VcpuListener {
  /**
   * An interrupt was made pending, or the vCPU was kicked. Called on the interrupting thread,
   * possibly inside an eventfd wake-up: must not block, and signals no eventfd.
   *
   * @param vcpu which
   */
  void hasWork(Vcpu vcpu);
}
