package org.irqbypass.comparison.cost;

import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * How long interrupts took from their devices to their guests, in nanoseconds to three digits.
 *
 * @param deliveries of how many
 * @param p50 half of them took no longer
 * @param p90 of ten, nine
 * @param p99 of a hundred, 99
 * @param max the longest
 */
public record Latency(long deliveries, long p50, long p90, long p99, long max) {
  private static final int DIGITS = 3;

  static Latency of(List<Timeline.Delivery> deliveries) {
    Histogram histogram = histogram(deliveries);
    return new Latency(
        histogram.getTotalCount(),
        histogram.getValueAtPercentile(50),
        histogram.getValueAtPercentile(90),
        histogram.getValueAtPercentile(99),
        histogram.getMaxValue());
  }

  /** The whole distribution. */
  public static Histogram histogram(List<Timeline.Delivery> deliveries) {
    Histogram histogram = new Histogram(DIGITS);
    deliveries.forEach(delivery -> histogram.recordValue(delivery.latency()));
    return histogram;
  }
}
