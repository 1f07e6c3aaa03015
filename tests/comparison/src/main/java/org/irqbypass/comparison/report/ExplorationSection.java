package org.irqbypass.comparison.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.irqbypass.comparison.explore.Census;
import org.irqbypass.comparison.explore.Counterexample;
import org.irqbypass.comparison.explore.Coverage;
import org.irqbypass.comparison.explore.Ending;
import org.irqbypass.comparison.explore.Exploration;
import org.irqbypass.comparison.report.chart.Charts;

/** What all orders of a scenario's steps came to: the census, and the shortest surprising ones. */
final class ExplorationSection {
  private final Html html;
  private final List<Exploration> explorations;

  ExplorationSection(Html html, List<Exploration> explorations) {
    this.html = html;
    this.explorations = explorations;
  }

  void write() {
    if (explorations.isEmpty()) {
      return;
    }
    html.open("div", "class", "explored");
    html.element("h3", "Every order");
    html.verbatim(Charts.ofOrders(explorations));
    census();
    unexplored();
    explorations.forEach(this::counterexamples);
    html.close().line();
  }

  private void census() {
    Cells.openTable(html, "census");
    html.element("th", "Of all orders explored", "class", "left", "scope", "col");
    explorations.forEach(e -> html.element("th", e.contender().label(), "scope", "col"));
    Cells.endHead(html);
    row("orders", "group", e -> Words.big(e.census().orders()));
    shares("end with all bypassed", census -> share(census, Ending.Extent.FULLY), "good");
    shares("with some of it", census -> share(census, Ending.Extent.PARTLY), "partly");
    shares("with nothing", census -> share(census, Ending.Extent.NOT), "not");
    row("end alike", "group", e -> e.census().isConfluent() ? "all of them" : "no");
    row(
        "userspace sees a call fail",
        "detail",
        e -> Words.share(Verdict.ratio(e.census().withErrors(), e.census().orders())));
    row(
        "a pairing fails for good, untold",
        "detail",
        e -> Words.share(Verdict.ratio(e.census().withUntoldFailures(), e.census().orders())));
    row(
        "a refused one is tried again",
        "detail",
        e -> Words.share(Verdict.ratio(e.census().withRetries(), e.census().orders())));
    row("interrupts the slow way", "group", e -> range(e, Ending::slow));
    row("most of one vector in a row", "detail", e -> most(e, Ending::longestSlow));
    row("interrupts by a stale route", "detail", e -> range(e, Ending::stale));
    row("interrupts lost", "detail", e -> most(e, Ending::lost));
    row("interrupts duplicated", "detail", e -> most(e, Ending::duplicated));
    row("states seen", "group", e -> String.format("%,d", e.coverage().states()));
    row("explored", "detail", e -> coverage(e.coverage()));
    Cells.closeTable(html);
  }

  private static double share(Census census, Ending.Extent extent) {
    return Verdict.ratio(census.orders(extent), census.orders());
  }

  private void row(String label, String style, Function<Exploration, String> value) {
    html.open("tr", "class", style).element("th", label, "scope", "row");
    for (Exploration exploration : explorations) {
      String text = value.apply(exploration);
      if (text.equals("0") || text.equals("0 %")) {
        html.element("td", text, "class", "zero");
      } else {
        html.element("td", text);
      }
    }
    html.close().line();
  }

  private void shares(String label, Function<Census, Double> share, String style) {
    html.open("tr", "class", "detail").element("th", label, "scope", "row");
    for (Exploration exploration : explorations) {
      double part = share.apply(exploration.census());
      html.open("td", "class", part == 0 ? "zero share " + style : "share " + style);
      html.text(Words.share(part));
      Cells.bar(html, part);
      html.close();
    }
    html.close().line();
  }

  private static String range(
      Exploration exploration, java.util.function.ToIntFunction<Ending> figure) {
    int least = exploration.census().least(figure);
    int most = exploration.census().most(figure);
    return least == most ? Integer.toString(most) : least + " to " + most;
  }

  private static String most(
      Exploration exploration, java.util.function.ToIntFunction<Ending> figure) {
    int most = exploration.census().most(figure);
    return most == 0 ? "0" : "up to " + most;
  }

  private static String coverage(Coverage coverage) {
    return coverage.complete() ? "completely" : Words.share(coverage.share());
  }

  /** What was left out, contenders with the same together. */
  private void unexplored() {
    Map<String, List<String>> sentences = new TreeMap<>();
    for (Exploration exploration : explorations) {
      for (String sentence : exploration.coverage().notExplored()) {
        sentences
            .computeIfAbsent(sentence, any -> new ArrayList<>())
            .add(exploration.contender().label());
      }
    }
    if (sentences.isEmpty()) {
      html.element("p", "Nothing was left out: every order was explored.", "class", "small soft");
      return;
    }
    html.open("div", "class", "note small").element("b", "Not explored");
    sentences.forEach(
        (sentence, who) ->
            html.element(
                "p",
                who.size() == explorations.size() ? sentence : Words.list(who) + ": " + sentence));
    html.close().line();
  }

  private void counterexamples(Exploration exploration) {
    exploration.violations().forEach(found -> counterexample(exploration, found, "violation"));
    List<Counterexample> differences = exploration.differences();
    if (differences.isEmpty()) {
      return;
    }
    html.element(
        "h4", exploration.contender() + ": how it ends depends on the order", "class", "order");
    differences.forEach(found -> counterexample(exploration, found, "difference"));
  }

  private void counterexample(Exploration exploration, Counterexample found, String style) {
    html.open("figure", "class", "counterexample " + style);
    html.open("figcaption");
    html.element("b", found.property(), "class", "property");
    html.text(" ").element("span", exploration.contender().label(), "class", "soft");
    html.element("p", found.what()).close();
    columns(found, false);
    html.open("details").element("summary", "In detail, with tracepoints");
    columns(found, true);
    html.close();
    html.open("p", "class", "replay small").text("Run exactly this: ");
    html.element("code", found.command()).close().close().line();
  }

  /** One column for each actor, time downwards. */
  private void columns(Counterexample found, boolean detailed) {
    List<String> actors = found.actors();
    Cells.openTable(html, detailed ? "columns detailed" : "columns");
    html.element("th", "", "scope", "col");
    actors.forEach(actor -> html.element("th", actor, "class", "left", "scope", "col"));
    Cells.endHead(html);
    List<Counterexample.Line> lines = found.lines();
    for (int i = 0; i < lines.size(); i++) {
      if (i == found.decided() && i > 0) {
        html.open("tr", "class", "decided");
        html.element(
            "td",
            "Decided. "
                + Words.sentence(Words.count(lines.size() - i, "step"))
                + (detailed ? " more, in any order:" : " more, in any order, left out here."),
            "colspan",
            Integer.toString(actors.size() + 1));
        html.close().line();
        if (!detailed) {
          break;
        }
      }
      line(i + 1, lines.get(i), actors, detailed);
    }
    Cells.closeTable(html);
  }

  private void line(int number, Counterexample.Line line, List<String> actors, boolean detailed) {
    html.open("tr").element("td", Integer.toString(number), "class", "soft");
    for (String actor : actors) {
      if (!actor.equals(line.actor())) {
        html.element("td", "");
        continue;
      }
      html.open("td", "class", "step").element("code", line.step());
      if (!line.result().isEmpty()) {
        html.element("span", line.result(), "class", "result");
      }
      if (detailed && !line.trace().isEmpty()) {
        html.element("pre", String.join("\n", line.trace()));
      }
      html.close();
    }
    html.close().line();
  }
}
