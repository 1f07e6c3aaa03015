package org.irqbypass.comparison.report.chart;

import com.google.common.collect.ImmutableList;
import org.irqbypass.comparison.contender.Contender;

/**
 * What the page's script draws, as JSON. Times are in microseconds; shares from 0 to 1.
 *
 * @param <R> what a row is
 * @param title the heading
 * @param note what a reader must know to read it
 * @param empty what is said if there is nothing to draw; empty if there is
 * @param end where the common axis ends; 0 where there is none
 * @param rows one for each contender
 */
record ChartData<R>(String title, String note, String empty, double end, ImmutableList<R> rows) {
  /**
   * Calls from userspace.
   *
   * @param contender whose
   * @param own those that it makes in any case
   * @param added those that are there only for forwarding
   * @param eagain how many of all were refused with EAGAIN
   */
  record Calls(Contender contender, int own, int added, int eagain) {}

  /**
   * Interrupts raised, over time.
   *
   * @param contender whose
   * @param raised how many
   * @param bypassed how many of them past the host
   * @param misdirected how many went the way that the guest had already replaced
   * @param bins for each stretch of time: bypassed, through the host, with nobody listening
   */
  record Path(
      Contender contender,
      int raised,
      int bypassed,
      int misdirected,
      ImmutableList<ImmutableList<Integer>> bins) {}

  /**
   * Slow-path windows.
   *
   * @param contender whose
   * @param windows the longest of them, in order of their beginning
   * @param more how many more there are
   * @param longest how long the longest is
   * @param raised how many interrupts were raised in all of them
   */
  record Windows(
      Contender contender, ImmutableList<Window> windows, int more, double longest, int raised) {}

  /**
   * One of them.
   *
   * @param interrupt whose
   * @param from when it began
   * @param to when it ended
   * @param raised how many interrupts were raised in it
   * @param closed whether bypass was in force afterwards
   */
  record Window(String interrupt, double from, double to, int raised, boolean closed) {}

  /**
   * How long interrupts took.
   *
   * @param contender whose
   * @param deliveries how many
   * @param median half of them took no longer
   * @param p99 of a hundred, 99
   * @param max the longest
   * @param bins from, to, how many
   */
  record Latencies(
      Contender contender,
      long deliveries,
      double median,
      double p99,
      double max,
      ImmutableList<ImmutableList<Double>> bins) {}

  /**
   * How all orders ended.
   *
   * @param contender whose
   * @param orders how many, as people write it
   * @param complete whether these are all there are
   * @param fully the share that ends with all bypassed that can be
   * @param partly with some of it
   * @param not with none
   * @param errors the share in which userspace saw a call fail
   * @param untold in which a failure stayed untold
   * @param retried in which something was refused and tried again
   */
  record Endings(
      Contender contender,
      String orders,
      boolean complete,
      double fully,
      double partly,
      double not,
      double errors,
      double untold,
      double retried) {}
}
