package org.irqbypass.live;

import java.nio.ByteBuffer;
import org.irqbypass.kvm.IrqfdRequest;

/**
 * Waits until KVM has done what it deferred, without looking at a clock. A VM and an eventfd of its
 * own, made for that: taking an irqfd back waits for every irqfd of the host that is being shut
 * down, and for the irqfd's own pending injection. Injections of one processor are begun in the
 * order in which they were asked for and do not sleep, so that all earlier ones are done when the
 * last one is; the calling thread therefore stays on one processor.
 */
final class DeferredWork implements AutoCloseable {
  /** One that no VM here routes: the injection waited for goes nowhere. */
  private static final int NOWHERE = 4000;

  private static final int MASK_SIZE = 128;

  private final int vm;
  private final int eventfd;
  private final ByteBuffer assign;
  private final ByteBuffer deassign;
  private final ByteBuffer processors = SystemCalls.buffer(MASK_SIZE);

  DeferredWork(int kvm) throws SystemCallException {
    this.vm = SystemCalls.ioctl(kvm, Ioctl.KVM_CREATE_VM, 0);
    try {
      SystemCalls.ioctl(vm, Ioctl.KVM_CREATE_IRQCHIP, 0);
      this.eventfd = SystemCalls.eventfd(0, 0);
    } catch (SystemCallException refused) {
      SystemCalls.close(vm);
      throw refused;
    }
    this.assign = irqfd(0);
    this.deassign = irqfd(IrqfdRequest.DEASSIGN);
    stayHere();
  }

  private ByteBuffer irqfd(int flags) {
    return SystemCalls.buffer(32).putInt(0, eventfd).putInt(4, NOWHERE).putInt(8, flags);
  }

  /** Keeps the calling thread on the processor it is on, as far as it may. */
  private void stayHere() {
    int here = LibC.sched_getcpu();
    if (LibC.sched_getaffinity(0, MASK_SIZE, processors) > 0
        && here >= 0
        && here < MASK_SIZE * Byte.SIZE) {
      ByteBuffer one = SystemCalls.buffer(MASK_SIZE);
      one.put(here / Byte.SIZE, (byte) (1 << here % Byte.SIZE));
      LibC.sched_setaffinity(0, MASK_SIZE, one);
    }
  }

  /** Returns when everything deferred so far is done. */
  void await() throws SystemCallException {
    SystemCalls.writeLong(eventfd, 1);
    SystemCalls.ioctl(vm, Ioctl.KVM_IRQFD, assign); // finds it written, and defers an injection
    SystemCalls.ioctl(vm, Ioctl.KVM_IRQFD, deassign);
  }

  @Override
  public void close() {
    LibC.close(eventfd);
    LibC.close(vm);
    LibC.sched_setaffinity(0, MASK_SIZE, processors);
  }
}
