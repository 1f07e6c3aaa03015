package org.irqbypass.comparison.report;

import java.util.List;
import org.irqbypass.comparison.explore.Coverage;
import org.irqbypass.comparison.explore.Exploration;
import org.irqbypass.comparison.report.Metric.Tone;

/** The first screen: five answers and the figures behind them; below it, what there is to read. */
final class VerdictSection {
  private final Html html;
  private final Comparison comparison;
  private final Verdict verdict;

  VerdictSection(Html html, Comparison comparison) {
    this.html = html;
    this.comparison = comparison;
    this.verdict = Verdict.of(comparison.scenarios());
  }

  void write() {
    html.open("section", "id", "verdict");
    table();
    html.open("ul", "class", "answers");
    for (Verdict.Answer answer : verdict.answers()) {
      html.open("li", "id", "answer-" + answer.id()).element("b", answer.question());
      html.element("span", answer.answer(), "class", "said");
      html.element("span", answer.reason(), "class", "why").close();
    }
    html.close().line();
    html.close().line();
    contents();
  }

  private boolean isExplored() {
    return verdict.totals().stream().anyMatch(total -> total.explored() > 0);
  }

  private void table() {
    Cells.openTable(html, "verdict-table");
    html.element(
        "th",
        "Sums over " + Words.count(comparison.scenarios().size(), "scenario"),
        "class",
        "left soft",
        "scope",
        "col");
    List<String> headings =
        List.of(
            "calls only for forwarding",
            "all calls",
            "interrupts bypassed",
            "exits",
            "failures told",
            "untold",
            "retried",
            "mis- directed",
            "lost",
            "dupli- cated");
    headings.forEach(
        heading -> html.element("th", heading.replace("- ", "\u00ad"), "scope", "col"));
    if (isExplored()) {
      html.element("th", "orders ending all bypassed", "scope", "col");
    }
    Cells.endHead(html);
    for (Verdict.Total total : verdict.totals()) {
      html.open("tr").open("th", "scope", "row", "title", total.contender().description());
      html.text(total.contender().label()).close();
      Cells.figure(html, total.forwardingCalls(), Tone.NEUTRAL);
      Cells.figure(html, total.calls(), Tone.NEUTRAL);
      Cells.share(html, total.bypassed(), total.raised());
      Cells.figure(html, total.exits(), Tone.NEUTRAL);
      Cells.figure(html, total.told(), Tone.NEUTRAL);
      Cells.figure(html, total.untold(), Tone.WARNING);
      Cells.figure(html, total.retried(), Tone.NEUTRAL);
      Cells.figure(html, total.misdirected(), Tone.WARNING);
      Cells.figure(html, total.lost(), Tone.VIOLATION);
      Cells.figure(html, total.duplicated(), Tone.VIOLATION);
      if (isExplored()) {
        html.open("td").text(total.explored() == 0 ? "not explored" : Words.share(total.share()));
        Cells.bar(html, total.share());
        html.close();
      }
      html.close().line();
    }
    Cells.closeTable(html);
  }

  /** What can be read, and where each contender stands in it. */
  private void contents() {
    html.open("nav", "id", "contents").element("h2", "Contents");
    if (!comparison.scenarios().isEmpty()) {
      Cells.openTable(html, "contents");
      html.element("th", "Scenario", "class", "left", "scope", "col");
      html.element("th", "platform", "class", "left", "scope", "col");
      html.element("th", "orders explored", "class", "left", "scope", "col");
      html.element("th", "raised", "scope", "col");
      verdict
          .totals()
          .forEach(total -> html.element("th", total.contender() + " bypassed", "scope", "col"));
      Cells.endHead(html);
      comparison.scenarios().forEach(this::row);
      Cells.closeTable(html);
    }
    html.open("p", "class", "small");
    html.element("a", "Words", "href", "#words").text(" · ");
    html.element("a", "Assumptions", "href", "#assumptions").text(" · ");
    html.element("a", "Environment and command", "href", "#environment");
    html.close().close().line();
  }

  private void row(ScenarioComparison scenario) {
    html.open("tr").open("th", "scope", "row");
    html.element("a", scenario.title(), "href", "#" + ScenarioSection.anchor(scenario));
    html.text(" ").element("code", scenario.name(), "class", "soft").close();
    html.element("td", scenario.platform(), "class", "left");
    html.element("td", explored(scenario.explorations()), "class", "left");
    int raised = scenario.results().stream().mapToInt(r -> r.account().raised()).max().orElse(0);
    html.element("td", Integer.toString(raised));
    for (Verdict.Total total : verdict.totals()) {
      scenario.results().stream()
          .filter(result -> result.contender() == total.contender())
          .findFirst()
          .ifPresentOrElse(
              result -> Cells.figure(html, result.account().bypassed(), Tone.NEUTRAL),
              () -> html.element("td", "not run", "class", "zero"));
    }
    html.close().line();
  }

  private static String explored(List<Exploration> explorations) {
    if (explorations.isEmpty()) {
      return "one";
    }
    return explorations.stream().map(Exploration::coverage).allMatch(Coverage::complete)
        ? "all"
        : "some";
  }
}
