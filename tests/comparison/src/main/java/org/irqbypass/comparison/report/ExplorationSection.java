package org.irqbypass.comparison.report;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToIntFunction;
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
    html.element("th", "Orders", "class", "left", "scope", "col");
    explorations.forEach(e -> html.element("th", e.contender().label(), "scope", "col"));
    Cells.endHead(html);
    row("explored to the end", "detail", e -> ExplorationText.count(e.census().orders()));
    row("the shares below are of", "detail", ExplorationSection::counted);
    shares("end with all bypassed", Ending.Extent.FULLY, "good");
    shares("with some of it", Ending.Extent.PARTLY, "partly");
    shares("with nothing", Ending.Extent.NOT, "not");
    row("end alike", "group", e -> e.census().isConfluent() ? "all of them" : "no");
    row("userspace sees a call fail", "detail", e -> percent(e, Census::withErrors));
    row("a pairing fails for good, untold", "detail", e -> percent(e, Census::withUntoldFailures));
    row("a refused one is tried again", "detail", e -> percent(e, Census::withRetries));
    row("interrupts the slow way", "group", e -> range(e, Ending::slow));
    row("most of one vector in a row", "detail", e -> most(e, Ending::longestSlow));
    row("interrupts by a stale route", "detail", e -> range(e, Ending::stale));
    row("interrupts lost", "detail", e -> most(e, Ending::lost));
    row("interrupts duplicated", "detail", e -> most(e, Ending::duplicated));
    row("states seen", "group", e -> String.format("%,d", e.coverage().states()));
    row("explored", "detail", e -> coverage(e.coverage()));
    Cells.closeTable(html);
  }

  private void row(String label, String style, Function<Exploration, String> value) {
    html.open("tr", "class", style).element("th", label, "scope", "row");
    for (Exploration exploration : explorations) {
      String text = value.apply(exploration);
      if (text.equals("0")) {
        html.element("td", text, "class", "zero");
      } else {
        html.element("td", text);
      }
    }
    html.close().line();
  }

  private void shares(String label, Ending.Extent extent, String style) {
    html.open("tr", "class", "detail").element("th", label, "scope", "row");
    for (Exploration exploration : explorations) {
      Census census = exploration.representative();
      BigInteger part = census.orders(extent);
      html.open("td", "class", part.signum() == 0 ? "zero share " + style : "share " + style);
      html.text(ExplorationText.percent(part, census.orders()));
      Cells.bar(html, Verdict.ratio(part, census.orders()));
      html.close();
    }
    html.close().line();
  }

  private static String percent(Exploration exploration, Function<Census, BigInteger> part) {
    Census census = exploration.representative();
    return ExplorationText.percent(part.apply(census), census.orders());
  }

  private static String counted(Exploration exploration) {
    return exploration.coverage().complete()
        ? "all orders"
        : exploration.isSampled()
            ? ExplorationText.count(exploration.sampled().orders()) + " drawn at random"
            : "those explored";
  }

  private static String range(Exploration exploration, ToIntFunction<Ending> figure) {
    int least = exploration.census().least(figure);
    int most = exploration.census().most(figure);
    return least == most ? Integer.toString(most) : least + " to " + most;
  }

  private static String most(Exploration exploration, ToIntFunction<Ending> figure) {
    int most = exploration.census().most(figure);
    return most == 0 ? "0" : "up to " + most;
  }

  private static String coverage(Coverage coverage) {
    // What is not complete is not shown as if it were.
    return coverage.complete() ? "completely" : Words.share(Math.min(coverage.share(), 0.9999));
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
