package org.irqbypass.comparison.report;

import com.google.common.io.Resources;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.irqbypass.comparison.account.Account;
import org.irqbypass.comparison.account.InterruptAccount;
import org.irqbypass.comparison.narrative.Phase;
import org.irqbypass.comparison.narrative.Tally;
import org.irqbypass.comparison.report.ContenderResult.AddedCall;
import org.irqbypass.comparison.report.Metric.Tone;

/**
 * The report as one page that stands alone: it loads nothing, follows the reader's light or dark
 * setting, and prints. The verdict comes first. The same comparison gives the same bytes.
 */
public final class HtmlReport {
  /** Beyond this many, phases are folded away. */
  private static final int OPEN_PHASES = 8;

  private final Comparison comparison;
  private final Html html = new Html();
  private final SequenceDiagram diagrams = new SequenceDiagram();

  private HtmlReport(Comparison comparison) {
    this.comparison = comparison;
  }

  /**
   * The comparison as a page.
   *
   * @param comparison what to show
   * @return HTML
   */
  public static String of(Comparison comparison) {
    return new HtmlReport(comparison).page();
  }

  private String page() {
    html.verbatim("<!DOCTYPE html>\n").open("html", "lang", "en").open("head");
    html.empty("meta", "charset", "utf-8");
    html.empty("meta", "name", "viewport", "content", "width=device-width, initial-scale=1");
    html.element("title", "Interrupt bypass: explicit or automatic").line();
    html.open("style").verbatim(resource("page.css")).close().close().line();
    html.open("body").open("header");
    html.element("h1", "Interrupt bypass: explicit or automatic");
    html.element(
        "p",
        "The same devices, guests and calls, carried by two designs: userspace asks for each"
            + " interrupt to be forwarded, or a registry finds out by itself.",
        "class",
        "soft");
    html.close().line().open("main");
    verdict();
    comparison.scenarios().forEach(this::scenario);
    words();
    html.close().line();
    footer();
    html.open("script").verbatim(resource("page.js")).close().close().close().line();
    return html.toString();
  }

  private void verdict() {
    Verdict verdict = Verdict.of(comparison.scenarios());
    html.open("section", "id", "verdict");
    html.open("ul", "class", "answers");
    for (Verdict.Answer answer : verdict.answers()) {
      html.open("li").element("b", answer.question());
      html.element("span", answer.answer(), "class", "said");
      html.element("span", answer.reason(), "class", "why").close();
    }
    html.close().line();
    html.open("div", "class", "scroll").open("table", "class", "verdict-table");
    html.open("thead").open("tr").element("th", "Contender", "class", "left", "scope", "col");
    for (String heading :
        List.of(
            "calls only for forwarding",
            "all calls",
            "interrupts bypassed",
            "exits",
            "failures told",
            "untold",
            "retried",
            "misdirected",
            "lost",
            "duplicated")) {
      html.element("th", heading, "scope", "col");
    }
    html.close().close().open("tbody").line();
    for (Verdict.Total total : verdict.totals()) {
      html.open("tr").element("th", total.contender().label(), "scope", "row");
      figure(total.forwardingCalls(), Tone.NEUTRAL);
      figure(total.calls(), Tone.NEUTRAL);
      share(total.bypassed(), total.raised());
      figure(total.exits(), Tone.NEUTRAL);
      figure(total.told(), Tone.NEUTRAL);
      figure(total.untold(), Tone.WARNING);
      figure(total.retried(), Tone.NEUTRAL);
      figure(total.misdirected(), Tone.WARNING);
      figure(total.lost(), Tone.VIOLATION);
      figure(total.duplicated(), Tone.VIOLATION);
      html.close().line();
    }
    html.close().close().close();
    html.open("p", "class", "small soft");
    html.text(
        "Sums over "
            + Words.count(comparison.scenarios().size(), "scenario")
            + ". Not explored: each scenario ran in one order of its steps, the one written down"
            + " or recorded.");
    html.close().line();
    overview();
    html.close().line();
  }

  private void overview() {
    if (comparison.scenarios().size() < 2) {
      return;
    }
    html.element("h3", "Bypassed, by scenario");
    html.open("div", "class", "scroll").open("table").open("thead").open("tr");
    html.element("th", "Scenario", "class", "left", "scope", "col");
    html.element("th", "platform", "class", "left", "scope", "col");
    html.element("th", "raised", "scope", "col");
    for (Verdict.Total total : Verdict.of(comparison.scenarios()).totals()) {
      html.element("th", total.contender().label(), "scope", "col");
    }
    html.close().close().open("tbody").line();
    for (ScenarioComparison scenario : comparison.scenarios()) {
      html.open("tr").open("th", "scope", "row");
      html.element("a", scenario.name(), "href", "#" + anchor(scenario)).close();
      html.element("td", scenario.platform(), "class", "left");
      int raised = scenario.results().stream().mapToInt(r -> r.account().raised()).max().orElse(0);
      html.element("td", Integer.toString(raised));
      for (Verdict.Total total : Verdict.of(comparison.scenarios()).totals()) {
        scenario.results().stream()
            .filter(result -> result.contender() == total.contender())
            .findFirst()
            .ifPresentOrElse(
                result -> figure(result.account().bypassed(), Tone.NEUTRAL),
                () -> html.element("td", "not run", "class", "zero"));
      }
      html.close().line();
    }
    html.close().close().close();
  }

  private void scenario(ScenarioComparison scenario) {
    html.open("section", "id", anchor(scenario));
    html.element("h2", scenario.title());
    html.open("p", "class", "soft");
    html.element("code", scenario.name());
    html.text(", " + scenario.origin() + ", on " + scenario.platform() + ", " + scenario.kernel());
    html.close().line();
    html.open("div", "class", "duo").open("div");
    for (String paragraph : scenario.about().strip().split("\n\n", -1)) {
      html.element("p", paragraph.replace('\n', ' '));
    }
    html.open("div", "class", "findings");
    scenario.findings().forEach(finding -> html.element("p", finding));
    html.close().line();
    scenario.notes().forEach(note -> html.element("p", note, "class", "note small"));
    html.close();
    table(scenario.results());
    html.close().line();
    html.element("h3", "What happened");
    legend();
    tabs(scenario);
    html.close().line();
  }

  private static String anchor(ScenarioComparison scenario) {
    return "s-" + scenario.name().replaceAll("[^A-Za-z0-9-]", "-");
  }

  private void table(List<ContenderResult> results) {
    html.open("div", "class", "scroll").open("table").open("thead").open("tr");
    html.element("th", "");
    results.forEach(r -> html.element("th", r.contender().label(), "scope", "col"));
    html.close().close().open("tbody").line();
    for (Metric metric : Metric.ALL) {
      html.open("tr", "class", metric.detail() ? "detail" : "group");
      html.element("th", metric.label(), "scope", "row", "title", metric.meaning());
      results.forEach(r -> figure(metric.of().applyAsInt(r.account()), metric.tone()));
      html.close().line();
    }
    html.close().close().close().line();
  }

  private void figure(int figure, Tone tone) {
    String style =
        figure == 0
            ? "zero"
            : switch (tone) {
              case NEUTRAL -> "";
              case WARNING -> "warning";
              case VIOLATION -> "violation";
            };
    if (style.isEmpty()) {
      html.element("td", Integer.toString(figure));
    } else {
      html.element("td", Integer.toString(figure), "class", style);
    }
  }

  private void share(int part, int whole) {
    html.open("td").text(part + " of " + whole);
    html.open("span", "class", "bar", "aria-hidden", "true");
    long percent = whole == 0 ? 0 : Math.round(100.0 * part / whole);
    html.element("i", "", "style", "width:" + percent + "%").close().close();
  }

  private void legend() {
    html.open("ul", "class", "legend");
    html.element("li", "call only for forwarding", "class", "k-forwarding");
    html.element("li", "interrupt that bypasses the host", "class", "k-bypassed");
    html.element("li", "interrupt through the host", "class", "k-software");
    html.element("li", "refused", "class", "k-refused");
    html.close().line();
  }

  private void tabs(ScenarioComparison scenario) {
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
    html.close().line();
  }

  private void contender(ContenderResult result, List<ContenderResult> earlier) {
    html.element("p", Words.sentence(result.contender().description()) + ".", "class", "small");
    interrupts(result.account());
    added(result.added());
    boolean open = result.phases().size() <= OPEN_PHASES;
    for (int i = 0; i < result.phases().size(); i++) {
      phase(result.phases().get(i), sameBefore(result.phases().get(i), i, earlier), open);
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

  private void phase(Phase phase, String sameAs, boolean open) {
    if (phase.messages().isEmpty()) {
      return;
    }
    if (open) {
      html.open("details", "open", "open");
    } else {
      html.open("details");
    }
    html.open("summary").text(phase.name());
    html.element(
        "span",
        counts(phase.tally()) + (sameAs.isEmpty() ? "" : ", as " + sameAs),
        "class",
        "soft small");
    html.close();
    if (sameAs.isEmpty()) {
      html.open("div", "class", "diagram").verbatim(diagrams.draw(phase.messages())).close();
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
    html.open("div", "class", "scroll").open("table").open("thead").open("tr");
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
    html.close().close().open("tbody");
    for (InterruptAccount interrupt : account.interrupts()) {
      html.open("tr").element("th", interrupt.interrupt().toString(), "scope", "row");
      figure(interrupt.raised(), Tone.NEUTRAL);
      figure(interrupt.bypassed(), Tone.NEUTRAL);
      figure(interrupt.window(), Tone.WARNING);
      figure(interrupt.delivered(), Tone.NEUTRAL);
      figure(interrupt.coalesced(), Tone.NEUTRAL);
      figure(interrupt.masked(), Tone.NEUTRAL);
      figure(interrupt.untriggered(), Tone.NEUTRAL);
      figure(interrupt.misdirected(), Tone.WARNING);
      figure(interrupt.lost(), Tone.VIOLATION);
      figure(interrupt.duplicated(), Tone.VIOLATION);
      Integer since = interrupt.bypassedSince();
      html.element("td", since == null ? "never" : since.toString());
      html.close();
    }
    html.close().close().close().close().line();
  }

  private void added(List<AddedCall> added) {
    if (added.isEmpty()) {
      html.element("p", "No call was made for forwarding.", "class", "small soft");
      return;
    }
    html.open("details");
    html.element("summary", Words.count(added.size(), "call") + " made only for forwarding");
    html.open("div", "class", "scroll").open("table").open("thead").open("tr");
    html.element("th", "Step").element("th", "call", "class", "left");
    html.element("th", "because", "class", "left").element("th", "result", "class", "left");
    html.close().close().open("tbody");
    for (AddedCall call : added) {
      html.open("tr").element("td", Integer.toString(call.step()));
      html.open("td", "class", "left wrap").element("code", call.call()).close();
      html.element("td", call.why(), "class", "left wrap");
      String errno = call.errno();
      html.element(
          "td", errno == null ? "0" : errno, "class", errno == null ? "left" : "left warning");
      html.close();
    }
    html.close().close().close().close().line();
  }

  private void words() {
    html.open("section", "id", "words").element("h2", "Words");
    html.open("dl", "class", "words");
    for (Metric metric : Metric.ALL) {
      html.element("dt", metric.label()).element("dd", Words.sentence(metric.meaning()) + ".");
    }
    html.close();
    html.element(
        "p",
        "All figures are exact counts of what the models did in these runs; no time is modelled"
            + " here. Which calls an explicit contender makes is derived from the run of"
            + " automatic-linux: one to forward for each pairing it makes or is refused, one to"
            + " un-forward for each it undoes, and one more for each route changed under a live"
            + " pairing.",
        "class",
        "small");
    html.close().line();
  }

  private void footer() {
    Comparison.Environment environment = comparison.environment();
    html.open("footer").text("Made by ").element("code", environment.command());
    html.text(
        ", irqbypass "
            + environment.version()
            + ", Java "
            + environment.java()
            + ", "
            + environment.system()
            + ".");
    html.close().line();
  }

  private static String resource(String name) {
    try {
      return Resources.toString(
          Resources.getResource(HtmlReport.class, name), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
