package org.irqbypass.comparison.report;

import com.google.common.collect.ImmutableList;
import java.util.function.Function;
import org.irqbypass.comparison.cost.ModelledTime;

/**
 * A figure of modelled time, as text and page show it, in microseconds.
 *
 * @param label the row's heading, without the unit
 * @param meaning the figure in a sentence
 * @param of reads the figure and writes it
 */
record ModelledMetric(String label, String meaning, Function<ModelledTime, String> of) {
  static final ImmutableList<ModelledMetric> ALL =
      ImmutableList.of(
          new ModelledMetric(
              "calls",
              "what the VMM's calls cost, with those of the registry behind them",
              time -> Words.micros(time.callNanos())),
          new ModelledMetric(
              "interrupts",
              "what the work, the exits and the wake-ups that interrupts led to cost",
              time -> Words.micros(time.interruptNanos())),
          new ModelledMetric(
              "both, at the least",
              "if everything cost the least that it is assumed to",
              time -> Words.micros(time.lowestNanos())),
          new ModelledMetric(
              "both, at the most",
              "if everything cost the most that it is assumed to",
              time -> Words.micros(time.highestNanos())),
          new ModelledMetric(
              "latency, median",
              "from a device's raise to the guest's taking it: half of them took no longer",
              time -> latency(time, time.latency().p50())),
          new ModelledMetric(
              "latency, 99 %",
              "of a hundred, 99 took no longer", time -> latency(time, time.latency().p99())),
          new ModelledMetric(
              "longest window",
              "the longest time in which bypass of an interrupt was possible and not in force",
              time -> Words.micros(time.longestWindowNanos())));

  private static String latency(ModelledTime time, long nanos) {
    return time.latency().deliveries() == 0 ? "-" : Words.micros(nanos);
  }
}
