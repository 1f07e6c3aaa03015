package org.irqbypass.comparison.report;

import com.google.common.collect.ImmutableList;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.irqbypass.comparison.explore.Census;
import org.irqbypass.comparison.explore.Counterexample;
import org.irqbypass.comparison.explore.Ending;
import org.irqbypass.comparison.explore.Exploration;
import org.irqbypass.scenario.Scenario;

/** What exploring a scenario showed, for a terminal. */
public final class ExplorationText {
  private static final BigInteger MANY = BigInteger.valueOf(1_000_000);
  private static final int WIDEST = 64;

  private record Row(String label, Function<Exploration, String> of) {}

  private static final ImmutableList<Row> ROWS =
      ImmutableList.of(
          new Row("orders explored", e -> count(e.census().orders())),
          new Row("  end fully bypassed", e -> share(e, Ending.Extent.FULLY)),
          new Row("  partly", e -> share(e, Ending.Extent.PARTLY)),
          new Row("  not at all", e -> share(e, Ending.Extent.NOT)),
          new Row("  with errors told", e -> share(e, e.census().withErrors())),
          new Row("  with failures untold", e -> share(e, e.census().withUntoldFailures())),
          new Row("  with retries", e -> share(e, e.census().withRetries())),
          new Row("forwarding states at the end", e -> forwardings(e)),
          new Row("bypassed, least to most", e -> range(e.census(), Ending::bypassed)),
          new Row("longest window, interrupts", e -> most(e, Ending::longestSlow)),
          new Row("most on a stale route", e -> most(e, Ending::stale)),
          new Row("most retries", e -> most(e, Ending::retries)),
          new Row("violated promises", e -> Integer.toString(e.violations().size())),
          new Row("states", e -> Long.toString(e.coverage().states())),
          new Row("schedules played", e -> Long.toString(e.coverage().schedules())),
          new Row("steps known unplayed", e -> Long.toString(e.coverage().inferred())),
          new Row("explored, by weight", ExplorationText::explored));

  private ExplorationText() {}

  /**
   * A table of contenders, and what was not explored.
   *
   * @param scenario which
   * @param explorations one for each contender
   * @return lines, each ended
   */
  public static String census(Scenario scenario, List<Exploration> explorations) {
    StringBuilder text = new StringBuilder(4096);
    text.append(scenario.name()).append("  ").append(scenario.title()).append('\n');
    text.append("  ")
        .append(scenario.platform())
        .append(", ")
        .append(scenario.profile().name())
        .append(
            explorations.stream().allMatch(each -> each.coverage().complete())
                ? ", all orders\n\n"
                : ", some of all orders\n\n");
    int heading = 2 + ROWS.stream().mapToInt(row -> row.label().length()).max().orElse(0);
    text.append(" ".repeat(heading));
    for (Exploration each : explorations) {
      text.append(String.format(Locale.ROOT, "  %16s", each.contender()));
    }
    text.append('\n');
    for (Row row : ROWS) {
      text.append("  ").append(row.label()).append(" ".repeat(heading - 2 - row.label().length()));
      for (Exploration each : explorations) {
        text.append(String.format(Locale.ROOT, "  %16s", row.of().apply(each)));
      }
      text.append('\n');
    }
    text.append('\n');
    Map<String, List<String>> left = new LinkedHashMap<>();
    for (Exploration each : explorations) {
      for (String sentence : each.coverage().notExplored()) {
        left.computeIfAbsent(sentence, any -> new ArrayList<>()).add(each.contender().label());
      }
    }
    left.forEach(
        (sentence, who) ->
            text.append("  ")
                .append(who.size() == explorations.size() ? "" : Words.list(who) + ": ")
                .append(sentence)
                .append('\n'));
    for (Exploration each : explorations) {
      if (each.coverage().walks() > 0) {
        text.append(
            String.format(
                Locale.ROOT,
                "  %s: of %,d orders drawn at random %s end fully bypassed, %s partly, %s not at"
                    + " all.\n",
                each.contender(),
                each.coverage().walks(),
                each.sampled().orders(Ending.Extent.FULLY),
                each.sampled().orders(Ending.Extent.PARTLY),
                each.sampled().orders(Ending.Extent.NOT)));
      }
    }
    return text.toString();
  }

  /**
   * The shortest orders that break a promise, or end otherwise than others.
   *
   * @param exploration of a contender
   * @param traced whether the kernel's functions are told with each step
   * @return lines, each ended; empty if there are none
   */
  public static String counterexamples(Exploration exploration, boolean traced) {
    StringBuilder text = new StringBuilder(4096);
    for (Counterexample each : exploration.violations()) {
      text.append(exploration.contender()).append(" breaks ").append(each.property());
      text.append(": ").append(each.what()).append(", after\n");
      schedule(each, traced, text);
    }
    for (Counterexample each : exploration.differences()) {
      text.append(exploration.contender()).append(": ").append(each.what());
      text.append(", after\n");
      schedule(each, traced, text);
    }
    return text.toString();
  }

  private static void schedule(Counterexample example, boolean traced, StringBuilder text) {
    text.append("  ").append(example.command()).append('\n');
    lines(example, traced, text);
    text.append('\n');
  }

  /** The steps, with one column for each actor and time downwards. */
  static void lines(Counterexample example, boolean traced, StringBuilder text) {
    ImmutableList<String> actors = example.actors();
    int column = Math.max(10, 2 + actors.stream().mapToInt(String::length).max().orElse(0));
    String bar = "|" + " ".repeat(column - 1);
    String dot = "*" + " ".repeat(column - 1);
    text.append("       ");
    for (String actor : actors) {
      text.append(String.format(Locale.ROOT, "%-" + column + "s", actor));
    }
    text.append('\n');
    int number = 0;
    for (Counterexample.Line line : example.lines()) {
      int at = actors.indexOf(line.actor());
      text.append(String.format(Locale.ROOT, "  %4d ", ++number))
          .append(bar.repeat(at))
          .append(dot)
          .append(bar.repeat(actors.size() - at - 1))
          .append(shortened(line.step()))
          .append('\n');
      String indent = "       " + bar.repeat(actors.size()) + "  ";
      text.append(indent).append(line.result()).append('\n');
      if (traced) {
        line.trace().forEach(event -> text.append(indent).append("  ").append(event).append('\n'));
      }
    }
  }

  /**
   * One schedule, step by step.
   *
   * @param told its steps
   * @param traced whether the kernel's functions are told with each
   * @return lines, each ended
   */
  public static String steps(Counterexample told, boolean traced) {
    StringBuilder text = new StringBuilder(4096);
    lines(told, traced, text);
    return text.toString();
  }

  /**
   * What one order came to.
   *
   * @param ending of the order
   * @return one line, ended
   */
  public static String ending(Ending ending) {
    return String.format(
        Locale.ROOT,
        "ends %s bypassed %s: %d bypassed, %d in the window, %d on a stale route, %d lost, %d"
            + " duplicated; %d errors told, %d failures untold, %d retries\n",
        switch (ending.extent()) {
          case FULLY -> "fully";
          case PARTLY -> "partly";
          case NOT -> "not";
        },
        ending.forwarding(),
        ending.bypassed(),
        ending.slow(),
        ending.stale(),
        ending.lost(),
        ending.duplicated(),
        ending.errors(),
        ending.untold(),
        ending.retries());
  }

  private static String shortened(String step) {
    return step.length() <= WIDEST ? step : step.substring(0, WIDEST - 3) + "...";
  }

  /** A count, in full as long as that can be read. */
  public static String count(BigInteger orders) {
    return orders.compareTo(MANY) < 0
        ? orders.toString()
        : String.format(Locale.ROOT, "%.3g", new BigDecimal(orders, MathContext.DECIMAL32));
  }

  private static String share(Exploration exploration, Ending.Extent extent) {
    return share(exploration, exploration.census().orders(extent));
  }

  private static String share(Exploration exploration, BigInteger of) {
    return percent(of, exploration.census().orders());
  }

  /** A share of all orders, such as {@code 12.5 %}; never 0 or 100 where it only comes close. */
  public static String percent(BigInteger part, BigInteger all) {
    if (part.signum() == 0 || all.signum() == 0) {
      return "0";
    }
    if (part.equals(all)) {
      return "all";
    }
    double percent =
        new BigDecimal(part)
            .multiply(BigDecimal.valueOf(100))
            .divide(new BigDecimal(all), MathContext.DECIMAL64)
            .doubleValue();
    if (percent < 0.1) {
      return "< 0.1 %";
    }
    return percent > 99.9 ? "> 99.9 %" : String.format(Locale.ROOT, "%.1f %%", percent);
  }

  private static String forwardings(Exploration exploration) {
    long states =
        exploration.census().endings().stream()
            .map(share -> share.ending().forwarding())
            .distinct()
            .count();
    return Long.toString(states);
  }

  private static String range(Census census, ToIntFunction<Ending> figure) {
    int least = census.least(figure);
    int most = census.most(figure);
    return least == most ? Integer.toString(most) : least + " to " + most;
  }

  private static String most(Exploration exploration, ToIntFunction<Ending> figure) {
    return Integer.toString(exploration.census().most(figure));
  }

  private static String explored(Exploration exploration) {
    double share = exploration.coverage().share();
    if (exploration.coverage().complete()) {
      return "all";
    }
    return share < 0.001 ? "< 0.1 %" : String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }
}
