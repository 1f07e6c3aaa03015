package org.irqbypass.comparison.report;

import com.google.common.io.Resources;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.irqbypass.comparison.cost.Cost;
import org.irqbypass.comparison.cost.Parameter;
import org.irqbypass.comparison.cost.WayCost;
import org.irqbypass.comparison.report.chart.Charts;

/**
 * The report as one page that stands alone: it loads nothing, follows the reader's light or dark
 * setting, and prints. The verdict comes first. The same comparison gives the same bytes.
 */
public final class HtmlReport {
  private final Comparison comparison;
  private final Html html = new Html();

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
    HtmlReport report = new HtmlReport(comparison);
    report.body();
    // What is inserted last may contain anything: nothing is looked for in it.
    return resource("page.html")
        .replace("{{style}}", resource("page.css") + Charts.style())
        .replace("{{script}}", resource("page.js") + Charts.script())
        .replace("{{body}}", report.html.toString());
  }

  private void body() {
    new VerdictSection(html, comparison).write();
    SequenceDiagram diagrams = new SequenceDiagram();
    for (ScenarioComparison scenario : comparison.scenarios()) {
      new ScenarioSection(html, diagrams, scenario).write();
    }
    words();
    assumptions();
    environment();
  }

  private void words() {
    html.open("section", "id", "words").element("h2", "Words");
    html.open("dl", "class", "words");
    for (Metric metric : Metric.ALL) {
      html.element("dt", metric.label()).element("dd", Words.sentence(metric.meaning()) + ".");
    }
    html.close().close().line();
  }

  private void assumptions() {
    html.open("section", "id", "assumptions").element("h2", "Assumptions");
    html.element(
        "p",
        "All counts are exact: what the models did in these runs. Which calls an explicit"
            + " contender makes is derived from the run of automatic-linux: one to forward for"
            + " each pairing it makes or is refused, one to un-forward for each it undoes, and one"
            + " more for each route changed under a live pairing.");
    if (!comparison.costs().isEmpty()) {
      html.element("p", "Modelled time rests on these numbers, which --costs FILE replaces:");
      parameters();
      html.element(
          "h3", "What one interrupt costs by them, where the vCPU runs unless it says otherwise");
      ways();
    }
    html.close().line();
  }

  private void parameters() {
    Cells.openTable(html, "parameters");
    html.element("th", "Parameter", "class", "left", "scope", "col");
    html.element("th", "value", "scope", "col");
    html.element("th", "range", "scope", "col");
    html.element("th", "from", "class", "left", "scope", "col");
    Cells.endHead(html);
    for (Parameter parameter : comparison.costs()) {
      html.open("tr").open("th", "scope", "row").element("code", parameter.name());
      html.element("span", Words.sentence(parameter.what()), "class", "small soft what").close();
      html.element("td", parameter.amount());
      Parameter.Assumption assumption = parameter.assumption();
      html.element("td", assumption == null ? "" : parameter.range());
      html.open("td", "class", "left wrap small");
      if (assumption == null) {
        html.text(String.valueOf(parameter.source()));
      } else {
        html.element("b", "Assumption. ").text(Words.sentence(assumption.why()));
      }
      html.close().close().line();
    }
    Cells.closeTable(html);
  }

  private void ways() {
    Cells.openTable(html, "parameters");
    html.element("th", "Way", "class", "left", "scope", "col");
    html.element("th", "processor", "class", "left", "scope", "col");
    html.element("th", "ns", "scope", "col");
    html.element("th", "range", "scope", "col");
    Cells.endHead(html);
    for (WayCost way : comparison.ways()) {
      html.open("tr").open("th", "scope", "row").text(Words.sentence(way.way()));
      String parts = String.join(" + ", way.of().stream().map(Cost::label).toList());
      html.element("span", parts, "class", "small soft what").close();
      html.element("td", way.processor(), "class", "left");
      html.element("td", Long.toString(way.nanos()));
      html.element("td", way.least() + " to " + way.most()).close().line();
    }
    Cells.closeTable(html);
  }

  private void environment() {
    Comparison.Environment environment = comparison.environment();
    html.open("section", "id", "environment").element("h2", "Environment and command");
    html.open("p").element("code", environment.command(), "class", "command").close();
    html.element(
        "p",
        "irqbypass "
            + environment.version()
            + ", Java "
            + environment.java()
            + ", "
            + environment.system()
            + ". The same command gives the same page.");
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
