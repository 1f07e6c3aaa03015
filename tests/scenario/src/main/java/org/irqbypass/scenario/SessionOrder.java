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

  /** How many orders are tried, and how many lines replayed at most. */
  private static final int TRIES = 100;

  private static final int LINES = 150_000;

  private final Supplier<SimulatedHost> hosts;
  private final RecordingMeta meta;
  private final Comparison comparison;
  private int tries = TRIES;
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
    while (best.firstDifference() >= 0) {
      ImmutableList<RecordedOperation> better = better(order, best.firstDifference());
      if (better.isEmpty()) {
        return best;
      }
      order = better;
      best = replayOf(order);
      best.run();
    }
    return best;
  }

  /** An order that agrees with the recording beyond a line; empty if there is none. */
  private ImmutableList<RecordedOperation> better(
      ImmutableList<RecordedOperation> order, int differs) {
    for (int at = differs; at >= Math.max(0, differs - REACH); at--) {
      for (int behind = at + 1; behind < order.size(); behind++) {
        if (order.get(behind).micros() > order.get(at).endMicros()
            || sameThread(order.get(at), order.get(behind))) {
          break;
        }
        if (tries <= 0 || left <= 0) {
          return ImmutableList.of();
        }
        tries--;
        left -= differs;
        ImmutableList<RecordedOperation> other = moved(order, at, behind);
        if (replayOf(other).agreesUntil(differs)) {
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
