package org.irqbypass.eventfd;

import java.util.EnumSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.work.Waiter;

/**
 * The eventfds of one host ({@code fs/eventfd.c}): what they share. Safe for use from many threads.
 */
public final class Eventfds {
  /** {@code EFD_SEMAPHORE}. */
  public static final int EFD_SEMAPHORE = 1;

  /** {@code EFD_NONBLOCK}, as {@code O_NONBLOCK} is numbered on x86 and Arm. */
  public static final int EFD_NONBLOCK = 0x800;

  /** {@code EFD_CLOEXEC}, as {@code O_CLOEXEC} is numbered on x86 and Arm: accepted, no effect. */
  public static final int EFD_CLOEXEC = 0x80000;

  final Waiter waiter;
  final Tracepoints trace;

  /**
   * {@code current->in_eventfd}: whether the running thread is inside an eventfd wake-up. A mutable
   * box, so that setting it does not allocate.
   */
  private final ThreadLocal<boolean[]> inWakeUp = ThreadLocal.withInitial(() -> new boolean[1]);

  private final AtomicInteger numbers = new AtomicInteger();
  private final AtomicLong lostSignals = new AtomicLong();

  /**
   * Makes the eventfds of one host.
   *
   * @param waiter is used by reads and writes that block
   * @param trace is told of signals
   */
  public Eventfds(Waiter waiter, Tracepoints trace) {
    this.waiter = waiter;
    this.trace = trace;
  }

  /**
   * Makes an eventfd from what a process hands in ({@code eventfd2()}).
   *
   * @param count the count to start from, an unsigned 32-bit number
   * @param flags {@code EFD_*} bits
   * @return a context on which no file is open yet
   * @throws ErrnoException {@code EINVAL} if there are other bits in {@code flags}
   */
  public EventfdContext create(int count, int flags) {
    if ((flags & ~(EFD_SEMAPHORE | EFD_NONBLOCK | EFD_CLOEXEC)) != 0) {
      throw new ErrnoException(
          Errno.EINVAL, String.format("unknown flags in 0x%x for an eventfd", flags));
    }
    EnumSet<EventfdFlag> behaviour = EnumSet.noneOf(EventfdFlag.class);
    if ((flags & EFD_SEMAPHORE) != 0) {
      behaviour.add(EventfdFlag.SEMAPHORE);
    }
    if ((flags & EFD_NONBLOCK) != 0) {
      behaviour.add(EventfdFlag.NONBLOCK);
    }
    return new EventfdContext(this, Integer.toUnsignedLong(count), behaviour);
  }

  boolean[] wakeUpOfThisThread() {
    return inWakeUp.get();
  }

  int nextNumber() {
    return numbers.incrementAndGet();
  }

  void signalLost(EventfdContext eventfd) {
    lostSignals.incrementAndGet();
    if (trace.enabled()) {
      trace.emit(new EventfdEvent.SignalLost(eventfd));
    }
  }

  /**
   * How many signals were refused and lost because they were sent from inside an eventfd wake-up on
   * the same thread. Linux warns once.
   *
   * @return 0 where the host is wired as Linux wires it
   */
  public long lostSignals() {
    return lostSignals.get();
  }
}
