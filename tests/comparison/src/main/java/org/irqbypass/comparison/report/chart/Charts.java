package org.irqbypass.comparison.report.chart;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.collect.ImmutableList;
import com.google.common.io.Resources;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.HdrHistogram.Histogram;
import org.irqbypass.comparison.account.Account;
import org.irqbypass.comparison.account.Way;
import org.irqbypass.comparison.cost.Latency;
import org.irqbypass.comparison.cost.Timeline;
import org.irqbypass.comparison.cost.Timeline.SlowWindow;
import org.irqbypass.comparison.explore.Census;
import org.irqbypass.comparison.explore.Ending;
import org.irqbypass.comparison.explore.Exploration;

/**
 * Charts for a page that stands alone. They are drawn by D3 when the page is shown, follow its
 * colours and width, and have their numbers in a table beneath.
 *
 * <p>A page holds {@link #style()} and {@link #script()} once, the script at its end, and as many
 * fragments as it likes: {@link #ofRuns} for a scenario, {@link #ofOrders} for what exploring it
 * showed. Fragments are HTML to be taken as it is; no text in them can leave its place.
 */
public final class Charts {
  private static final int STRETCHES = 60;
  private static final int MOST_WINDOWS = 8;

  /** Bins of latency for each factor of ten. */
  private static final int BINS_PER_DECADE = 12;

  private static final String SUPERSCRIPTS =
      "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079";

  private static final String D3 = "META-INF/resources/webjars/d3/7.9.0/dist/d3.min.js";

  private Charts() {}

  /** The style sheet, once a page: it uses the page's colours. */
  public static String style() {
    return resource("org/irqbypass/comparison/report/chart/charts.css");
  }

  /** The script, once a page, after the last fragment. Without the script element. */
  public static String script() {
    // The address of its home page is no link, but a page that names none is easier to trust.
    return resource(D3).replace("https://", "")
        + "\n"
        + resource("org/irqbypass/comparison/report/chart/charts.js");
  }

  private static String resource(String name) {
    try {
      return Resources.toString(Resources.getResource(name), StandardCharsets.UTF_8);
    } catch (IOException damaged) {
      throw new UncheckedIOException(damaged);
    }
  }

  /**
   * What contenders did with a scenario: calls, ways of interrupts, windows, latencies.
   *
   * @param runs one for each contender
   * @return HTML
   */
  public static String ofRuns(List<ChartedRun> runs) {
    double end = runs.stream().mapToLong(run -> run.timeline().end()).max().orElse(0) / 1000.0;
    return "<div class=\"charts\">\n"
        + figure("calls", calls(runs))
        + figure("path", path(runs, end))
        + figure("latency", latencies(runs))
        + figure("windows", windows(runs, end))
        + "</div>\n";
  }

  /**
   * How all orders of a scenario ended.
   *
   * @param explorations of one scenario, one for each contender
   * @return HTML
   */
  public static String ofOrders(List<Exploration> explorations) {
    return "<div class=\"charts\">\n" + figure("endings", endings(explorations)) + "</div>\n";
  }

  private static String figure(String kind, ChartData<?> data) {
    return "<figure class=\"chart\" data-kind=\""
        + kind
        + "\"><script type=\"application/json\">"
        + json(data)
        + "</script></figure>\n";
  }

  /** JSON that cannot end the element that it stands in. */
  private static String json(ChartData<?> data) {
    try {
      return JsonMapper.builder()
          .build()
          .writeValueAsString(data)
          .replace("<", "\\u003c")
          .replace(">", "\\u003e")
          .replace("&", "\\u0026");
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException("a chart's data can always be written", impossible);
    }
  }

  private static ChartData<ChartData.Calls> calls(List<ChartedRun> runs) {
    ImmutableList.Builder<ChartData.Calls> rows = ImmutableList.builder();
    for (ChartedRun run : runs) {
      Account account = run.account();
      rows.add(
          new ChartData.Calls(
              run.contender(),
              account.calls() - account.forwardingCalls(),
              account.forwardingCalls(),
              account.eagain()));
    }
    return new ChartData<>("Calls from userspace", "Counted.", "", 0, rows.build());
  }

  private static ChartData<ChartData.Path> path(List<ChartedRun> runs, double end) {
    ImmutableList.Builder<ChartData.Path> rows = ImmutableList.builder();
    for (ChartedRun run : runs) {
      int[][] bins = new int[STRETCHES][3];
      for (Timeline.Raise raise : run.timeline().raises()) {
        int bin = (int) Math.min(STRETCHES - 1, raise.at() / 1000.0 / end * STRETCHES);
        bins[bin][raise.way() == Way.BYPASSED ? 0 : raise.way() == Way.UNTRIGGERED ? 2 : 1]++;
      }
      ImmutableList.Builder<ImmutableList<Integer>> lists = ImmutableList.builder();
      for (int[] bin : bins) {
        lists.add(ImmutableList.of(bin[0], bin[1], bin[2]));
      }
      rows.add(
          new ChartData.Path(
              run.contender(),
              run.account().raised(),
              run.account().bypassed(),
              run.account().misdirected(),
              lists.build()));
    }
    return new ChartData<>(
        "Interrupts, over the run",
        "Each column is a stretch of modelled time; its height is how many were raised in it.",
        runs.stream().allMatch(run -> run.timeline().raises().isEmpty())
            ? "No device raised an interrupt."
            : "",
        end,
        rows.build());
  }

  private static ChartData<ChartData.Windows> windows(List<ChartedRun> runs, double end) {
    ImmutableList.Builder<ChartData.Windows> rows = ImmutableList.builder();
    for (ChartedRun run : runs) {
      List<SlowWindow> windows = new ArrayList<>(run.timeline().windows());
      windows.sort(Comparator.comparingLong(SlowWindow::length).reversed());
      int shown = Math.min(MOST_WINDOWS, windows.size());
      rows.add(
          new ChartData.Windows(
              run.contender(),
              windows.subList(0, shown).stream()
                  .sorted(Comparator.comparingLong(SlowWindow::from))
                  .map(
                      window ->
                          new ChartData.Window(
                              window.interrupt().toString(),
                              window.from() / 1000.0,
                              window.to() / 1000.0,
                              window.raised(),
                              window.closed()))
                  .collect(ImmutableList.toImmutableList()),
              windows.size() - shown,
              windows.isEmpty() ? 0 : windows.get(0).length() / 1000.0,
              windows.stream().mapToInt(SlowWindow::raised).sum()));
    }
    return new ChartData<>(
        "Slow-path windows",
        "While bypass of an interrupt was possible and not in force, in modelled time. A dot: there"
            + " it came in force.",
        runs.stream().allMatch(run -> run.timeline().windows().isEmpty())
            ? "None: wherever bypass was possible it was in force at once."
            : "",
        end,
        rows.build());
  }

  private static ChartData<ChartData.Latencies> latencies(List<ChartedRun> runs) {
    ImmutableList.Builder<ChartData.Latencies> rows = ImmutableList.builder();
    for (ChartedRun run : runs) {
      Latency latency = run.timeline().modelled().latency();
      rows.add(
          new ChartData.Latencies(
              run.contender(),
              latency.deliveries(),
              latency.p50() / 1000.0,
              latency.p99() / 1000.0,
              latency.max() / 1000.0,
              bins(run.timeline())));
    }
    return new ChartData<>(
        "Latency, from raise to take",
        "Modelled, not measured. A column's height is how many took that long; the line is the median.",
        runs.stream().allMatch(run -> run.timeline().deliveries().isEmpty())
            ? "No guest took an interrupt."
            : "",
        0,
        rows.build());
  }

  /** Bins that are equally wide for the eye, on an axis of powers of ten. */
  private static ImmutableList<ImmutableList<Double>> bins(Timeline timeline) {
    Histogram histogram = Latency.histogram(timeline.deliveries());
    ImmutableList.Builder<ImmutableList<Double>> bins = ImmutableList.builder();
    if (histogram.getTotalCount() == 0) {
      return bins.build();
    }
    int first = bin(Math.max(1, histogram.getMinNonZeroValue()));
    int last = bin(Math.max(1, histogram.getMaxValue()));
    for (int bin = first; bin <= last; bin++) {
      long from = (long) Math.ceil(edge(bin));
      long to = (long) Math.ceil(edge(bin + 1)) - 1;
      long count = to < from ? 0 : histogram.getCountBetweenValues(from, to);
      if (count > 0) {
        bins.add(ImmutableList.of(edge(bin) / 1000, edge(bin + 1) / 1000, (double) count));
      }
    }
    return bins.build();
  }

  private static int bin(long nanos) {
    return (int) Math.floor(Math.log10((double) nanos) * BINS_PER_DECADE);
  }

  private static double edge(int bin) {
    return Math.pow(10, (double) bin / BINS_PER_DECADE);
  }

  private static ChartData<ChartData.Endings> endings(List<Exploration> explorations) {
    ImmutableList.Builder<ChartData.Endings> rows = ImmutableList.builder();
    for (Exploration exploration : explorations) {
      Census census = exploration.representative();
      BigInteger orders = census.orders();
      rows.add(
          new ChartData.Endings(
              exploration.contender(),
              count(orders),
              exploration.coverage().complete(),
              share(census.orders(Ending.Extent.FULLY), orders),
              share(census.orders(Ending.Extent.PARTLY), orders),
              share(census.orders(Ending.Extent.NOT), orders),
              share(census.withErrors(), orders),
              share(census.withUntoldFailures(), orders),
              share(census.withRetries(), orders)));
    }
    return new ChartData<>(
        "How the orders end",
        "The share of orders that ends so: of all, or of some drawn at random.",
        explorations.stream().allMatch(each -> each.census().orders().signum() == 0)
            ? "No order was explored to its end."
            : "",
        0,
        rows.build());
  }

  private static double share(BigInteger part, BigInteger whole) {
    return whole.signum() == 0
        ? 0
        : new BigDecimal(part).divide(new BigDecimal(whole), MathContext.DECIMAL64).doubleValue();
  }

  /** With commas, or as a power of ten where nobody would read the digits. */
  private static String count(BigInteger number) {
    int digits = number.toString().length();
    if (digits <= 10) {
      return String.format(Locale.ROOT, "%,d", number);
    }
    double mantissa = new BigDecimal(number).movePointLeft(digits - 1).doubleValue();
    StringBuilder power = new StringBuilder();
    Integer.toString(digits - 1).chars().forEach(c -> power.append(SUPERSCRIPTS.charAt(c - '0')));
    return String.format(Locale.ROOT, "%.1f \u00d7 10%s", mantissa, power);
  }
}
