package org.irqbypass.trace;

/** Where a host's time comes from. The library reads no clock of its own. */
@FunctionalInterface
public interface Ticker {
  /**
   * The host's time.
   *
   * @return nanoseconds since some moment, never decreasing
   */
  long nanos();
}
