package org.irqbypass.comparison.report;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.irqbypass.comparison.report.Metric.Tone;
import org.irqbypass.comparison.storm.StormResult;

/** The report for a terminal: one table for each scenario, and what the difference is. */
public final class TextReport {
  private static final int WIDTH = 96;

  private final boolean colour;

  /**
   * Makes a report.
   *
   * @param colour whether to use a terminal's colours
   */
  public TextReport(boolean colour) {
    this.colour = colour;
  }

  /**
   * One scenario.
   *
   * @param scenario what was run
   * @return lines, each ended
   */
  public String scenario(ScenarioComparison scenario) {
    StringBuilder text = new StringBuilder(2048);
    text.append(bold(scenario.name())).append("  ").append(scenario.title()).append('\n');
    text.append("  ")
        .append(scenario.platform())
        .append(", ")
        .append(scenario.kernel())
        .append(", ")
        .append(scenario.origin())
        .append("\n\n");
    table(scenario.results(), text);
    text.append('\n');
    for (String finding : scenario.findings()) {
      wrap(finding, "  ", text);
    }
    for (String finding : scenario.costFindings()) {
      wrap(finding, "  ", text);
    }
    for (String finding : OrderFindings.of(scenario.explorations())) {
      wrap(finding, "  ", text);
    }
    for (String note : scenario.notes()) {
      wrap("Note: " + note, "  ", text);
    }
    if (scenario.storm() != null) {
      text.append('\n').append(storm(scenario.storm()));
    }
    return text.toString();
  }

  /**
   * A scenario at full size.
   *
   * @param storm what it came to
   * @return lines, each ended
   */
  public String storm(StormResult storm) {
    StringBuilder text = new StringBuilder(StormText.table(storm));
    wrap(StormText.NOTE, "  ", text);
    return text.toString();
  }

  private void table(List<ContenderResult> results, StringBuilder text) {
    int heading =
        2
            + Stream.concat(
                    Metric.ALL.stream().map(TextReport::label),
                    ModelledMetric.ALL.stream().map(TextReport::label))
                .mapToInt(String::length)
                .max()
                .orElse(0);
    text.append(" ".repeat(heading));
    for (ContenderResult result : results) {
      text.append("  ").append(bold(result.contender().label()));
    }
    text.append('\n');
    for (Metric metric : Metric.ALL) {
      heading(label(metric), heading, text);
      for (ContenderResult result : results) {
        int figure = metric.of().applyAsInt(result.account());
        cell(result, Integer.toString(figure), figure == 0 ? Tone.NEUTRAL : metric.tone(), text);
      }
      text.append('\n');
    }
    text.append("  modelled, not measured, in us\n");
    for (ModelledMetric metric : ModelledMetric.ALL) {
      heading(label(metric), heading, text);
      for (ContenderResult result : results) {
        cell(result, metric.of().apply(result.modelled()), Tone.NEUTRAL, text);
      }
      text.append('\n');
    }
  }

  private static void heading(String label, int width, StringBuilder text) {
    text.append("  ").append(label).append(" ".repeat(width - 2 - label.length()));
  }

  private void cell(ContenderResult result, String shown, Tone tone, StringBuilder text) {
    text.append("  ")
        .append(" ".repeat(Math.max(0, result.contender().label().length() - shown.length())))
        .append(toned(shown, tone));
  }

  private static String label(ModelledMetric metric) {
    return "  " + metric.label();
  }

  private static String label(Metric metric) {
    return (metric.detail() ? "  " : "") + metric.label();
  }

  private static void wrap(String sentence, String indent, StringBuilder text) {
    List<String> line = new ArrayList<>();
    int length = indent.length();
    for (String word : sentence.split(" ", -1)) {
      if (length + word.length() > WIDTH && !line.isEmpty()) {
        text.append(indent).append(String.join(" ", line)).append('\n');
        line.clear();
        length = indent.length();
      }
      line.add(word);
      length += word.length() + 1;
    }
    text.append(indent).append(String.join(" ", line)).append('\n');
  }

  private String bold(String shown) {
    return colour ? "\u001b[1m" + shown + "\u001b[0m" : shown;
  }

  private String toned(String shown, Tone tone) {
    if (!colour || tone == Tone.NEUTRAL) {
      return shown;
    }
    return (tone == Tone.VIOLATION ? "\u001b[1;31m" : "\u001b[33m") + shown + "\u001b[0m";
  }
}
