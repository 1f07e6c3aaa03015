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
 * straight to the guest; while not, it waits in the vPE's table, and is there when the vPE is
 * resident again, wherever that is. A vCPU that blocks wants a doorbell to be rung, once, which
 * wakes it whatever its priority mask holds back; one that is preempted, or outside of {@code
 * KVM_RUN}, does not ({@code its_make_vpe_non_resident()}).
 *
 * <p>A guest that waits for an interrupt makes its vCPU block only where nothing was mapped when
 * the vCPU was last loaded: else the wait does not trap, and the vPE stays resident ({@code
 * kvm_arch_vcpu_load()}, {@code vcpu_clear_wfx_traps()}, {@code kvm_vcpu_wfi()}). So it is for a
 * guest whose waits nobody tells of; {@link org.irqbypass.kvm.Vcpu#block()} is a wait that trapped.
 *
 * <p>Guarded by the vGIC's lock.
 */
final class VirtualPe implements Fingerprinted {
  private final List<VirtualLpi> mapped = new ArrayList<>();

  /** Of a vCPU that runs: whether the guest's wait for an interrupt traps ({@code HCR_EL2.TWI}). */
  private boolean waitTraps;

  private boolean resident;

  /** The vCPU blocks, and what comes next wakes it. */
  private boolean doorbellWanted;

  void add(VirtualLpi vlpi) {
    mapped.add(vlpi);
  }

  void remove(VirtualLpi vlpi) {
    mapped.remove(vlpi);
  }

  /** {@code kvm_arch_vcpu_load()}: the vCPU goes on running on a processor. */
  void load() {
    resident = true;
    doorbellWanted = false;
    setTraps();
  }

  /** {@code vgic_v4_put()}: the vCPU runs no more. */
  void put() {
    resident = false;
    doorbellWanted = false;
  }

  /** The same of a vCPU that blocks. */
  void block() {
    resident = false;
    doorbellWanted = true;
  }

  /** Software made something pending: if the vCPU was blocked, it is woken, and loaded. */
  void wake() {
    if (waitTraps) {
      setTraps();
    }
  }

  private void setTraps() {
    waitTraps = mapped.isEmpty();
  }

  boolean waitTraps() {
    return waitTraps;
  }

  boolean isResident() {
    return resident;
  }

  /**
   * Rings the doorbell, unless it rang already or nobody wants it ({@code
   * vgic_v4_doorbell_handler()}).
   *
   * @param waits whether the vCPU, which runs, has nothing to do, and its guest waits
   * @return whether it rang
   */
  boolean ring(boolean waits) {
    boolean rings = doorbellWanted || (resident && waitTraps && waits);
    if (rings) {
      doorbellWanted = false;
      setTraps();
    }
    return rings;
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
    sink.put(waitTraps).put(resident).put(doorbellWanted);
    mapped.forEach(vlpi -> vlpi.writeTo(sink));
  }
}
