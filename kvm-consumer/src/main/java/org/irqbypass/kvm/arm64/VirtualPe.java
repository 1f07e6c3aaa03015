package org.irqbypass.kvm.arm64;

import java.util.ArrayList;
import java.util.List;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.jspecify.annotations.Nullable;

/**
 * A vCPU as the host's redistributors know it ({@code struct its_vpe}, {@code
 * include/linux/irqchip/arm-gic-v4.h}): the host interrupts that are mapped to it.
 *
 * <p><b>Residency.</b> While its vCPU runs, the vPE is resident, and what comes for it goes
 * straight to the guest; while not, it is kept in the vPE's table. A vCPU that blocks wants a
 * doorbell to be rung, once, which wakes it; one that is preempted, or outside of {@code KVM_RUN},
 * does not. A guest that waits for an interrupt makes its vCPU block only where nothing was mapped
 * when the vCPU was last loaded: else the wait does not trap, and the vPE stays resident ({@code
 * kvm_arch_vcpu_load()}, {@code vcpu_clear_wfx_traps()}, {@code kvm_vcpu_wfi()}).
 *
 * <p>Guarded by the vGIC's lock.
 */
final class VirtualPe implements Fingerprinted {
  private final List<VirtualLpi> mapped = new ArrayList<>();

  /** Of a vCPU that runs: whether the guest's wait for an interrupt traps ({@code HCR_EL2.TWI}). */
  private boolean waitTraps;

  void add(VirtualLpi vlpi) {
    mapped.add(vlpi);
  }

  void remove(VirtualLpi vlpi) {
    mapped.remove(vlpi);
  }

  /** {@code kvm_arch_vcpu_load()}: the vCPU goes on running on a processor. */
  void load() {
    waitTraps = mapped.isEmpty();
  }

  /** Software made something pending: if the vCPU was blocked, it is woken, and loaded. */
  void wake() {
    if (waitTraps) {
      load();
    }
  }

  boolean waitTraps() {
    return waitTraps;
  }

  /** The most urgent that is pending, enabled and of a priority below a limit; null if none is. */
  @Nullable VirtualLpi mostUrgent(int limit) {
    VirtualLpi best = null;
    int bestPriority = limit;
    for (int i = 0; i < mapped.size(); i++) {
      VirtualLpi vlpi = mapped.get(i);
      if (vlpi.pending && vlpi.lpi.enabled && vlpi.lpi.priority < bestPriority) {
        best = vlpi;
        bestPriority = vlpi.lpi.priority;
      }
    }
    return best;
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    sink.put(waitTraps);
    mapped.forEach(vlpi -> vlpi.writeTo(sink));
  }
}
