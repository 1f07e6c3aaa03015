package org.irqbypass.comparison.report;

import com.google.common.collect.ImmutableList;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.irqbypass.comparison.explore.Ending;
import org.irqbypass.comparison.explore.Exploration;

/** Says in sentences how a scenario's orders end. */
final class OrderFindings {
  private OrderFindings() {}

  /**
   * How orders end, computed from the census and nothing else.
   *
   * @param explorations one for each contender
   * @return sentences; none if nothing was explored
   */
  static ImmutableList<String> of(List<Exploration> explorations) {
    if (explorations.isEmpty()) {
      return ImmutableList.of();
    }
    ImmutableList.Builder<String> findings = ImmutableList.builder();
    boolean complete = explorations.stream().allMatch(each -> each.coverage().complete());
    boolean bypassable =
        explorations.stream()
            .flatMap(each -> each.census().endings().stream())
            .anyMatch(share -> !share.ending().forwarding().isEmpty());
    findings.add(
        bypassable
            ? "Of all orders of these steps"
                + (complete ? "" : " that were explored")
                + ", fully bypassed in the end are "
                + grouped(explorations, OrderFindings::fully)
                + "."
            : "There is nothing in these steps that could be bypassed, in any order.");
    String told = shares(explorations, e -> e.census().withErrors());
    if (!told.isEmpty()) {
      findings.add("Userspace sees a call fail in " + told + ".");
    }
    String untold = shares(explorations, e -> e.census().withUntoldFailures());
    if (!untold.isEmpty()) {
      findings.add("A pairing fails for good, untold, in " + untold + ".");
    }
    String broken =
        grouped(
            explorations.stream().filter(e -> !e.violations().isEmpty()).toList(),
            e -> Words.list(e.violations().stream().map(found -> found.what()).toList()));
    if (!broken.isEmpty()) {
      findings.add("In some order: " + broken + ".");
    }
    return findings.build();
  }

  private static String fully(Exploration exploration) {
    return ExplorationText.percent(
            exploration.census().orders(Ending.Extent.FULLY), exploration.census().orders())
        .replaceFirst("^0$", "none");
  }

  private static String shares(
      List<Exploration> explorations, Function<Exploration, BigInteger> orders) {
    return grouped(
        explorations.stream().filter(e -> orders.apply(e).signum() > 0).toList(),
        e -> ExplorationText.percent(orders.apply(e), e.census().orders()));
  }

  /** What each is, contenders that are the same together. */
  private static String grouped(
      List<Exploration> explorations, Function<Exploration, String> figure) {
    Map<String, List<String>> byFigure = new LinkedHashMap<>();
    for (Exploration each : explorations) {
      byFigure
          .computeIfAbsent(figure.apply(each), any -> new ArrayList<>())
          .add(each.contender().label());
    }
    List<String> parts = new ArrayList<>();
    byFigure.forEach((is, who) -> parts.add(is + " with " + Words.list(who)));
    return String.join("; ", parts);
  }
}
