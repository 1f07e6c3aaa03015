package org.irqbypass.eventfd;

import org.irqbypass.trace.TraceEvent;

/** What an eventfd tells its listener. */
public sealed interface EventfdEvent extends TraceEvent {
  /**
   * The kernel signalled an eventfd ({@code eventfd_signal(ctx, n)}).
   *
   * @param eventfd what was signalled
   * @param n by how much, 1
   */
  record Signal(EventfdContext eventfd, long n) implements EventfdEvent {}

  /**
   * A signal was sent from inside an eventfd wake-up on the same thread, and was lost.
   *
   * @param eventfd what should have been signalled
   */
  record SignalLost(EventfdContext eventfd) implements EventfdEvent {}
}
