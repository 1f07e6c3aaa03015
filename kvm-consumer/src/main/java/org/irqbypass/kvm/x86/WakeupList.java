package org.irqbypass.kvm.x86;

import org.irqbypass.work.SpinLock;
import org.jspecify.annotations.Nullable;

/**
 * The vCPUs that blocked on one physical CPU and wait for a posted interrupt ({@code
 * wakeup_vcpus_on_cpu}, {@code arch/x86/kvm/vmx/posted_intr.c}). The wake-up vector does not say
 * for whom it is, so its handler looks at every one of them.
 *
 * <p>The lock is held while vCPUs are told, as Linux holds its spinlock: who is told must not
 * block. It comes after every other lock. Adding and removing cost the same however many wait.
 */
final class WakeupList {
  private final SpinLock lock = new SpinLock();
  private @Nullable Entry first;

  /** A vCPU's place, in one list at a time. Links are guarded by that list's lock. */
  static final class Entry {
    private final X86Vcpu vcpu;
    private @Nullable Entry previous;
    private @Nullable Entry next;
    private boolean listed;

    Entry(X86Vcpu vcpu) {
      this.vcpu = vcpu;
    }
  }

  void add(Entry entry) {
    lock.lock();
    try {
      Entry head = first;
      entry.next = head;
      if (head != null) {
        head.previous = entry;
      }
      first = entry;
      entry.listed = true;
    } finally {
      lock.unlock();
    }
  }

  void remove(Entry entry) {
    lock.lock();
    try {
      if (!entry.listed) {
        return;
      }
      Entry before = entry.previous;
      Entry after = entry.next;
      if (before == null) {
        first = after;
      } else {
        before.next = after;
      }
      if (after != null) {
        after.previous = before;
      }
      entry.previous = null;
      entry.next = null;
      entry.listed = false;
    } finally {
      lock.unlock();
    }
  }

  /** The wake-up vector arrived ({@code pi_wakeup_handler()}): those who were notified wake up. */
  void interrupt() {
    lock.lock();
    try {
      Entry entry = first;
      while (entry != null) {
        boolean woken = entry.vcpu.posted().isOutstanding() && entry.vcpu.wakeUp();
        // Who was told may have loaded vCPUs, which takes them off the list. Begin again: whom we
        // have woken does not block any more.
        entry = woken ? first : entry.next;
      }
    } finally {
      lock.unlock();
    }
  }
}
