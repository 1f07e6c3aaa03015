package org.irqbypass.comparison.report;

import java.util.ArrayList;
import java.util.List;
import org.irqbypass.comparison.report.Metric.Tone;

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
    for (String note : scenario.notes()) {
      wrap("Note: " + note, "  ", text);
    }
    return text.toString();
  }

  private void table(List<ContenderResult> results, StringBuilder text) {
    int heading = 2 + Metric.ALL.stream().mapToInt(m -> label(m).length()).max().orElse(0);
    text.append(" ".repeat(heading));
    for (ContenderResult result : results) {
      text.append("  ").append(bold(result.contender().label()));
    }
    text.append('\n');
    for (Metric metric : Metric.ALL) {
      String label = label(metric);
      text.append("  ").append(label).append(" ".repeat(heading - 2 - label.length()));
      for (ContenderResult result : results) {
        int figure = metric.of().applyAsInt(result.account());
        String shown = Integer.toString(figure);
        text.append("  ")
            .append(" ".repeat(result.contender().label().length() - shown.length()))
            .append(toned(shown, figure == 0 ? Tone.NEUTRAL : metric.tone()));
      }
      text.append('\n');
    }
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
