package org.irqbypass.trace;

import com.google.common.base.Preconditions;
import java.util.concurrent.atomic.AtomicLong;

/** Time that passes only when it is told to. Safe for use from many threads. */
public final class ManualTicker implements Ticker {
  private final AtomicLong nanos = new AtomicLong();

  /** Makes a ticker that stands at 0. */
  public ManualTicker() {}

  @Override
  public long nanos() {
    return nanos.get();
  }

  /**
   * Lets time pass.
   *
   * @param delta nanoseconds, 0 or more
   */
  public void advance(long delta) {
    Preconditions.checkArgument(delta >= 0, "time cannot go back by %s ns", delta);
    nanos.addAndGet(delta);
  }
}
