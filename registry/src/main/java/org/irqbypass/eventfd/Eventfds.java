package org.irqbypass.eventfd;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.work.Waiter;

/**
 * The eventfds of one host ({@code fs/eventfd.c}): what they share. Safe for use from many threads.
 */
public final class Eventfds {
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
