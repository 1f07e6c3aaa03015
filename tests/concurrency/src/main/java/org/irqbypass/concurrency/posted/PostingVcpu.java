package org.irqbypass.concurrency.posted;

import java.util.concurrent.atomic.AtomicInteger;
import org.irqbypass.concurrency.X86Host;
import org.irqbypass.kvm.x86.PostedInterruptDescriptor;
import org.irqbypass.kvm.x86.X86Vcpu;

/** A vCPU to which hardware posts, and how often it was notified. */
class PostingVcpu {
  static final int VECTOR = 0x41;

  final X86Vcpu vcpu = X86Host.posting().vcpu;
  final PostedInterruptDescriptor descriptor = vcpu.posted();
  private final AtomicInteger notifications = new AtomicInteger();

  PostingVcpu() {
    vcpu.listen(told -> notifications.incrementAndGet());
  }

  final int notifications() {
    return notifications.get();
  }

  /** How many interrupts the guest finds. */
  final int takeAll() {
    int taken = 0;
    for (int vector = vcpu.take(); vector >= 0; vector = vcpu.take()) {
      vcpu.end(vector);
      taken++;
    }
    return taken;
  }
}
