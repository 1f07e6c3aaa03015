package org.irqbypass.trace;

import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The tracepoints of one host. An emitting site asks {@link #enabled()} before it builds an event,
 * so that a host nobody listens to pays one volatile read and allocates nothing.
 *
 * <p>Safe for use from many threads. A listener that throws, be it an error, does not disturb the
 * traced step: what it threw is counted ({@link #failures()}) and the step goes on.
 */
public final class Tracepoints {
  private final Ticker ticker;
  private final AtomicLong failures = new AtomicLong();
  private volatile @Nullable TraceListener listener;

  /**
   * Makes the tracepoints of one host, with nobody listening.
   *
   * @param ticker stamps the events
   */
  public Tracepoints(Ticker ticker) {
    this.ticker = ticker;
  }

  /**
   * Makes tracepoints whose events are all stamped 0.
   *
   * @return tracepoints with nobody listening
   */
  public static Tracepoints untimed() {
    return new Tracepoints(() -> 0);
  }

  /**
   * Replaces the listener.
   *
   * @param newListener is told of every step from now on; null: nobody
   */
  public void listen(@Nullable TraceListener newListener) {
    listener = newListener;
  }

  /**
   * Whether anybody listens.
   *
   * @return false where an event need not be built
   */
  public boolean enabled() {
    return listener != null;
  }

  /**
   * Tells the listener, if there is one.
   *
   * @param event what happened
   */
  public void emit(TraceEvent event) {
    TraceListener current = listener;
    if (current == null) {
      return;
    }
    try {
      current.onEvent(ticker.nanos(), event);
    } catch (RuntimeException | Error thrown) {
      failures.incrementAndGet();
    }
  }

  /**
   * How often a listener threw.
   *
   * @return the number of events whose listener failed
   */
  public long failures() {
    return failures.get();
  }
}
