package org.irqbypass.comparison.cost;

import com.google.common.collect.ImmutableMap;

/** What everything costs on one host, in nanoseconds. */
public final class Prices {
  private final ImmutableMap<Cost, Long> nanos;

  Prices(ImmutableMap<Cost, Long> nanos) {
    this.nanos = nanos;
  }

  /** What one costs. */
  public long of(Cost cost) {
    return nanos.getOrDefault(cost, 0L);
  }
}
