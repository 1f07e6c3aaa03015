package org.irqbypass.comparison.report;

import java.util.List;
import org.irqbypass.comparison.account.Account;
import org.irqbypass.comparison.account.InterruptAccount;
import org.irqbypass.comparison.narrative.Phase;
import org.irqbypass.comparison.narrative.Tally;
import org.irqbypass.comparison.report.ContenderResult.AddedCall;
import org.irqbypass.comparison.report.Metric.Tone;
import org.irqbypass.comparison.report.chart.ChartedRun;
import org.irqbypass.comparison.report.chart.Charts;
import org.irqbypass.comparison.storm.StormResult;
import org.irqbypass.comparison.storm.Waits;
import org.jspecify.annotations.Nullable;

/** One scenario: what the difference is, the figures, every step, every order, the diagrams. */
final class ScenarioSection {
  private final Html html;
  private final SequenceDiagram diagrams;
  private final ScenarioComparison scenario;

  ScenarioSection(Html html, SequenceDiagram diagrams, ScenarioComparison scenario) {
    this.html = html;
    this.diagrams = diagrams;
    this.scenario = scenario;
  }

  /** Where the page has a scenario. */
  static String anchor(ScenarioComparison scenario) {
    return "s-" + scenario.name().replaceAll("[^A-Za-z0-9-]", "-");
  }

  void write() {
    html.open("section", "class", "scenario", "id", anchor(scenario));
    html.element("h2", scenario.title());
    html.open("p", "class", "soft");
    html.element("code", scenario.name());
    html.text(", " + scenario.origin() + ", on " + scenario.platform() + ", " + scenario.kernel());
    html.close().line();
    html.open("div", "class", "duo").open("div");
    html.open("div", "class", "findings");
    scenario.findings().forEach(finding -> html.element("p", finding));
    scenario.costFindings().forEach(finding -> html.element("p", finding, "class", "soft"));
    html.close().line();
    for (String paragraph : scenario.about().strip().split("\n\n", -1)) {
      html.element("p", paragraph.replace('\n', ' '));
    }
    scenario.notes().forEach(note -> html.element("p", note, "class", "note small"));
    html.close();
    table(scenario.results());
    html.close().line();
    charts();
    storm(scenario.storm());
    new PlaybackSection(html, scenario).write();
    new ExplorationSection(html, scenario.explorations()).write();
    diagrams();
    html.close().line();
  }

  private void table(List<ContenderResult> results) {
    Cells.openTable(html, "metrics");
    html.element("th", "");
    results.forEach(r -> html.element("th", r.contender().label(), "scope", "col"));
    Cells.endHead(html);
    for (Metric metric : Metric.ALL) {
      html.open("tr", "class", metric.detail() ? "detail" : "group");
      html.element("th", metric.label(), "scope", "row", "title", metric.meaning());
      results.forEach(r -> Cells.figure(html, metric.of().applyAsInt(r.account()), metric.tone()));
      html.close().line();
    }
    html.open("tr", "class", "group");
    html.element("th", "modelled, in µs", "scope", "row");
    html.element("td", "", "colspan", Integer.toString(results.size())).close().line();
    for (ModelledMetric metric : ModelledMetric.ALL) {
      html.open("tr", "class", "detail");
      html.element("th", metric.label(), "scope", "row", "title", metric.meaning());
      results.forEach(r -> html.element("td", metric.of().apply(r.modelled())));
      html.close().line();
    }
    Cells.closeTable(html);
  }

  private void charts() {
    html.element("h3", "At a glance");
    html.verbatim(
        Charts.ofRuns(
            scenario.results().stream()
                .map(r -> new ChartedRun(r.contender(), r.account(), r.timeline()))
                .toList()));
  }

  private void storm(@Nullable StormResult storm) {
    if (storm == null) {
      return;
    }
    html.element("h3", "At full size");
    html.element("p", Words.sentence(StormText.summary(storm)) + ".");
    Cells.openTable(html, "storm");
    html.element("th", "Wait of an irqfd for the registry", "class", "left", "scope", "col");
    StormText.HEADINGS.forEach(heading -> html.element("th", heading, "scope", "col"));
    Cells.endHead(html);
    for (Waits waits : storm.waits()) {
      html.open("tr").element("th", Words.sentence(StormText.label(waits)), "scope", "row");
      StormText.figures(waits).forEach(figure -> html.element("td", figure));
      html.close().line();
    }
    Cells.closeTable(html);
    html.element("p", StormText.NOTE, "class", "note small");
  }

  private void diagrams() {
    html.open("details", "class", "diagrams");
    html.element("summary", "Sequence diagrams, added calls, and each interrupt's account");
    PlaybackSection.legend(html);
    html.open("div", "class", "tabs");
    List<ContenderResult> results = scenario.results();
    for (int i = 0; i < results.size(); i++) {
      String id = anchor(scenario) + "-" + results.get(i).contender().label();
      String group = anchor(scenario) + "-contender";
      if (i == 0) {
        html.empty("input", "type", "radio", "name", group, "id", id, "checked", "checked");
      } else {
        html.empty("input", "type", "radio", "name", group, "id", id);
      }
      html.element("label", results.get(i).contender().label(), "for", id);
    }
    html.line();
    for (int i = 0; i < results.size(); i++) {
      html.open("div", "class", "tab");
      html.element("h4", results.get(i).contender().label());
      contender(results.get(i), results.subList(0, i));
      html.close().line();
    }
    html.close().close().line();
  }

  private void contender(ContenderResult result, List<ContenderResult> earlier) {
    html.element("p", Words.sentence(result.contender().description()) + ".", "class", "small");
    interrupts(result.account());
    added(result.added());
    for (int i = 0; i < result.phases().size(); i++) {
      phase(result.phases().get(i), sameBefore(result.phases().get(i), i, earlier));
    }
  }

  /** Which contender's phase looked the same, so that it need not be drawn again. */
  private static String sameBefore(Phase phase, int index, List<ContenderResult> earlier) {
    for (ContenderResult other : earlier) {
      if (index < other.phases().size() && other.phases().get(index).equals(phase)) {
        return other.contender().label();
      }
    }
    return "";
  }

  private void phase(Phase phase, String sameAs) {
    if (phase.messages().isEmpty()) {
      return;
    }
    html.open("details").open("summary").text(phase.name());
    html.element(
        "span",
        counts(phase.tally()) + (sameAs.isEmpty() ? "" : ", as " + sameAs),
        "class",
        "soft small");
    html.close();
    if (sameAs.isEmpty()) {
      html.open("div", "class", "diagram", "tabindex", "0");
      html.verbatim(diagrams.draw(phase.messages())).close();
    } else {
      html.element("p", "The same as for " + sameAs + ".", "class", "small soft");
    }
    html.close().line();
  }

  private static String counts(Tally tally) {
    return Words.count(tally.calls(), "call")
        + (tally.forwarding() == 0 ? "" : ", " + tally.forwarding() + " only for forwarding")
        + ", "
        + Words.count(tally.raised(), "interrupt")
        + (tally.raised() == 0 ? "" : ", " + tally.bypassed() + " bypassed");
  }

  private void interrupts(Account account) {
    html.open("details").element("summary", "Interrupt by interrupt");
    Cells.openTable(html, "interrupts");
    html.element("th", "Interrupt", "class", "left");
    for (String heading :
        List.of(
            "raised",
            "bypassed",
            "window",
            "delivered",
            "coalesced",
            "masked",
            "untriggered",
            "misdirected",
            "lost",
            "duplicated",
            "bypassed since step")) {
      html.element("th", heading);
    }
    Cells.endHead(html);
    for (InterruptAccount interrupt : account.interrupts()) {
      html.open("tr").element("th", interrupt.interrupt().toString(), "scope", "row");
      Cells.figure(html, interrupt.raised(), Tone.NEUTRAL);
      Cells.figure(html, interrupt.bypassed(), Tone.NEUTRAL);
      Cells.figure(html, interrupt.window(), Tone.WARNING);
      Cells.figure(html, interrupt.delivered(), Tone.NEUTRAL);
      Cells.figure(html, interrupt.coalesced(), Tone.NEUTRAL);
      Cells.figure(html, interrupt.masked(), Tone.NEUTRAL);
      Cells.figure(html, interrupt.untriggered(), Tone.NEUTRAL);
      Cells.figure(html, interrupt.misdirected(), Tone.WARNING);
      Cells.figure(html, interrupt.lost(), Tone.VIOLATION);
      Cells.figure(html, interrupt.duplicated(), Tone.VIOLATION);
      Integer since = interrupt.bypassedSince();
      html.element("td", since == null ? "never" : since.toString());
      html.close();
    }
    Cells.closeTable(html);
    html.close().line();
  }

  private void added(List<AddedCall> added) {
    if (added.isEmpty()) {
      html.element("p", "No call was made for forwarding.", "class", "small soft");
      return;
    }
    html.open("details");
    html.element("summary", Words.count(added.size(), "call") + " made only for forwarding");
    Cells.openTable(html, "added");
    html.element("th", "Step").element("th", "call", "class", "left");
    html.element("th", "because", "class", "left").element("th", "result", "class", "left");
    Cells.endHead(html);
    for (AddedCall call : added) {
      html.open("tr").element("td", Integer.toString(call.step()));
      html.open("td", "class", "left wrap").element("code", call.call()).close();
      html.element("td", call.why(), "class", "left wrap");
      String errno = call.errno();
      html.element(
          "td", errno == null ? "0" : errno, "class", errno == null ? "left" : "left warning");
      html.close();
    }
    Cells.closeTable(html);
    html.close().line();
  }
}
