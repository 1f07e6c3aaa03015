package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Looks for the order in which the threads of a recorded session met. The lines come in the order
 * in which they began, and mostly that is it. Where a line differs, one that was still going on
 * when another began may have had its effect after it: such orders are tried, the ones closest to
 * the difference first, and kept where the session agrees for longer. No other order is.
 */
final class SessionOrder {
  /** How many lines before a difference may be to blame. */
  private static final int REACH = 40;

  /** How many lines are replayed in search of orders. */
  private static final int LINES = 250_000;

  private final Supplier<SimulatedHost> hosts;
  private final RecordingMeta meta;
  private final Comparison comparison;
  private long left = LINES;

  SessionOrder(Supplier<SimulatedHost> hosts, RecordingMeta meta, Comparison comparison) {
    this.hosts = hosts;
    this.meta = meta;
    this.comparison = comparison;
  }

  /** Replays a session in the order that agrees longest. */
  SessionReplay replay(ImmutableList<RecordedOperation> lines) {
    ImmutableList<RecordedOperation> order = lines;
    SessionReplay best = replayOf(order);
    best.run();
    int tolerated = 0;
    while (tolerated < best.places().size()) {
      ImmutableList<RecordedOperation> better =
          better(order, best.places().get(tolerated), tolerated);
      if (better.isEmpty()) {
        tolerated++;
      } else {
        order = better;
        best = replayOf(order);
        best.run();
      }
    }
    return best;
  }

  /** An order in which one line less differs up to a place; empty if there is none. */
  private ImmutableList<RecordedOperation> better(
      ImmutableList<RecordedOperation> order, int differs, int tolerated) {
    for (int at = differs; at >= Math.max(0, differs - REACH); at--) {
      for (int behind = at + 1; behind < order.size(); behind++) {
        if (order.get(behind).micros() > order.get(at).endMicros()
            || sameThread(order.get(at), order.get(behind))) {
          break;
        }
        if (left <= 0) {
          return ImmutableList.of();
        }
        left -= differs;
        ImmutableList<RecordedOperation> other = moved(order, at, behind);
        if (replayOf(other).agreesUntil(differs, tolerated)) {
          return other;
        }
      }
    }
    return ImmutableList.of();
  }

  private static boolean sameThread(RecordedOperation one, RecordedOperation other) {
    return String.valueOf(one.thread()).equals(String.valueOf(other.thread()));
  }

  private static ImmutableList<RecordedOperation> moved(
      ImmutableList<RecordedOperation> order, int at, int behind) {
    List<RecordedOperation> other = new ArrayList<>(order);
    other.add(behind, other.remove(at));
    return ImmutableList.copyOf(other);
  }

  private SessionReplay replayOf(ImmutableList<RecordedOperation> order) {
    return new SessionReplay(hosts.get(), meta, comparison, order);
  }
}
