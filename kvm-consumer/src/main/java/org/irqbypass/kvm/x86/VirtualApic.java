package org.irqbypass.kvm.x86;

import java.util.LinkedHashSet;
import java.util.Set;
import org.irqbypass.host.GuestModeEntry;
import org.irqbypass.host.GuestModeTarget;
import org.irqbypass.kvm.Vcpu;
import org.irqbypass.work.SpinLock;

/**
 * A vCPU's virtual APIC, whose backing page the IOMMU writes ({@code struct vcpu_svm}, {@code
 * arch/x86/kvm/svm/avic.c}), and the entries that name it: each has to know whether and where the
 * vCPU runs.
 *
 * <p>{@code lock} ({@code ir_list_lock}) guards the list, and is held while an entry enters it or
 * all of them are told: none misses a change. It comes after the VM's lock of irqfds. Scheduling a
 * vCPU costs as much as it has entries, as in Linux. Safe for use from many threads.
 */
public final class VirtualApic implements GuestModeTarget {
  private final X86Vcpu vcpu;
  private final SpinLock lock = new SpinLock();

  /** {@code ir_list}. */
  private final Set<GuestModeEntry> entries = new LinkedHashSet<>();

  VirtualApic(X86Vcpu vcpu) {
    this.vcpu = vcpu;
  }

  /** An entry names this vCPU from now on; {@code program} hands it to the hardware. */
  void add(GuestModeEntry entry, Runnable program) {
    lock.lock();
    try {
      if (vcpu.scheduling() == Vcpu.Scheduling.LOADED) {
        entry.runsOn(vcpu.physicalCpu());
      }
      program.run();
      entries.add(entry);
    } finally {
      lock.unlock();
    }
  }

  void remove(GuestModeEntry entry) {
    lock.lock();
    try {
      entries.remove(entry);
    } finally {
      lock.unlock();
    }
  }

  /** {@code avic_vcpu_load()}. */
  void load(int physicalCpu) {
    lock.lock();
    try {
      entries.forEach(entry -> entry.runsOn(physicalCpu));
    } finally {
      lock.unlock();
    }
  }

  /** {@code avic_vcpu_put()}. */
  void put() {
    lock.lock();
    try {
      entries.forEach(GuestModeEntry::stopped);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void request(int vector) {
    vcpu.localApic().request(vector, false);
    vcpu.posted(vector, vcpu.scheduling() == Vcpu.Scheduling.LOADED);
  }

  @Override
  public void doorbell(int physicalCpu) {
    vcpu.notified();
  }

  /** {@code avic_ga_log_notifier()}: a vCPU that blocks is woken; a preempted one comes back. */
  @Override
  public void logged() {
    vcpu.wakeUp();
  }

  /**
   * Whose virtual APIC this is.
   *
   * @return the vCPU
   */
  public X86Vcpu vcpu() {
    return vcpu;
  }

  @Override
  public String toString() {
    return vcpu.toString();
  }
}
