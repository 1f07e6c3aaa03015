package org.irqbypass.trace;

/** Is told of each observable step of one host, on the thread that took it and in its order. */
@FunctionalInterface
public interface TraceListener {
  /**
   * A step was taken. Locks of the emitting object may be held: a listener looks, and calls nothing
   * that configures the host.
   *
   * @param nanos the host's time, in nanoseconds, as its ticker tells it
   * @param event what happened
   */
  void onEvent(long nanos, TraceEvent event);
}
