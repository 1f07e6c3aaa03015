package org.irqbypass.comparison.storm;

import org.HdrHistogram.Histogram;

/**
 * How long irqfds waited for the registry's lock, in nanoseconds, to three digits.
 *
 * @param design the registry's
 * @param mean on average
 * @param p50 half of them waited no longer
 * @param p90 of ten, nine
 * @param p99 of a hundred, 99
 * @param p999 of a thousand, 999
 * @param max the longest
 */
public record Waits(
    RegistryDesign design, long mean, long p50, long p90, long p99, long p999, long max) {
  static Waits of(RegistryDesign design, Histogram waits) {
    return new Waits(
        design,
        Math.round(waits.getMean()),
        waits.getValueAtPercentile(50),
        waits.getValueAtPercentile(90),
        waits.getValueAtPercentile(99),
        waits.getValueAtPercentile(99.9),
        waits.getMaxValue());
  }
}
