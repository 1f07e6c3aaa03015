package org.irqbypass.comparison.report;

import java.util.List;
import java.util.Locale;
import org.irqbypass.comparison.storm.StormResult;
import org.irqbypass.comparison.storm.Waits;

/** What a storm came to, in words and figures. */
final class StormText {
  /** What stands above the figures of a row. */
  static final List<String> HEADINGS = List.of("mean", "p50", "p99", "p99.9", "max", "published");

  /** What a reader must know of the figures. */
  static final String NOTE =
      "Waits are modelled, not measured: from list-step, array-hold and storm-pause of costs."
          + " Published is the mean that Linux's developers gave, of 144 processors."
          + " benchmarks.jar --only Storm measures this registry on the machine it runs on.";

  private static final double MICROSECOND = 1e3;
  private static final double MILLISECOND = 1e6;

  /** From here on a time is not told in nanoseconds. */
  private static final long MOST_NANOS = 9_999;

  private StormText() {}

  /**
   * A storm for a terminal.
   *
   * @param storm what it came to
   * @return a table of lines, each ended
   */
  static String table(StormResult storm) {
    StringBuilder text = new StringBuilder(1024);
    text.append("At full size: ").append(summary(storm)).append("\n\n");
    append(text, "wait of an irqfd for the registry", HEADINGS);
    storm.waits().forEach(waits -> append(text, label(waits), figures(waits)));
    return text.toString();
  }

  private static void append(StringBuilder text, String label, List<String> cells) {
    StringBuilder row = new StringBuilder(String.format(Locale.ROOT, "  %-35s", label));
    cells.forEach(cell -> row.append(String.format(Locale.ROOT, "%10s", cell)));
    text.append(row.toString().stripTrailing()).append('\n');
  }

  /** What was made, in one line. */
  static String summary(StormResult storm) {
    return String.format(
        Locale.ROOT,
        "%,d irqfds of %,d machines, each with a thread: %,d paired with as many producers, %,d left"
            + " afterwards",
        storm.irqfds(),
        storm.machines(),
        storm.connected(),
        storm.left());
  }

  /** Which registry a row is of. */
  static String label(Waits waits) {
    return waits.design().label() + " (" + waits.design().whose() + ")";
  }

  /** One for each heading. */
  static List<String> figures(Waits waits) {
    Long published = waits.design().published();
    return List.of(
        time(waits.mean()),
        time(waits.p50()),
        time(waits.p99()),
        time(waits.p999()),
        time(waits.max()),
        published == null ? "" : time(published));
  }

  private static String time(long nanos) {
    if (nanos <= MOST_NANOS) {
      return nanos + " ns";
    }
    return nanos < MILLISECOND
        ? String.format(Locale.ROOT, "%.1f us", nanos / MICROSECOND)
        : String.format(Locale.ROOT, "%.2f ms", nanos / MILLISECOND);
  }
}
