package org.irqbypass.benchmarks.table;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.Strings;
import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Locale;

/**
 * The table as text, as JSON and as Markdown.
 *
 * @param machine on what was measured
 * @param scale how fast that machine is
 * @param rows what was measured, by section
 * @param asWritten the same against Linux's figures as they were measured there
 */
public record Report(
    Machine machine, Scale scale, ImmutableList<Row> rows, ImmutableList<Row> asWritten) {
  /**
   * Lays what was measured beside what it is measured against.
   *
   * @param machine on what was measured
   * @param scale how fast that machine is
   * @param results what was measured
   * @return the table
   */
  public static Report of(Machine machine, Scale scale, Results results) {
    return new Report(
        machine,
        scale,
        PerformanceTable.rows(results, scale),
        PerformanceTable.rows(results, Scale.NONE));
  }

  private static final ImmutableList<String> HEADINGS =
      ImmutableList.of("", "figure", "B/op", "against", "baseline", "ratio", "target", "met");

  /**
   * How many targets are not reached.
   *
   * @return 0 if all are
   */
  public long missed() {
    return rows.stream().filter(row -> !row.isMet()).count();
  }

  private long targets() {
    return rows.stream().filter(row -> row.target() != null).count();
  }

  private String verdict() {
    return missed() == 0
        ? "All " + targets() + " targets are met."
        : (targets() - missed()) + " of " + targets() + " targets are met.";
  }

  private String environment() {
    return String.format(
        Locale.ROOT,
        "%s.%nLinux's figures are multiplied by %.2f, those of 100,000 objects and more by %.2f."
            + " Unmultiplied, %d of %d targets are met.",
        machine,
        scale.cached(),
        scale.uncached(),
        asWritten.stream().filter(row -> row.target() != null && row.isMet()).count(),
        targets());
  }

  /**
   * For a terminal.
   *
   * @return columns under headings, a section after another
   */
  public String text() {
    StringBuilder text = new StringBuilder();
    text.append(verdict()).append('\n').append(environment()).append('\n');
    int[] widths = new int[HEADINGS.size()];
    List<List<String>> lines = rows.stream().map(Report::cells).toList();
    for (int column = 0; column < widths.length; column++) {
      widths[column] = HEADINGS.get(column).length();
      for (List<String> line : lines) {
        widths[column] = Math.max(widths[column], line.get(column).length());
      }
    }
    String section = "";
    for (int i = 0; i < rows.size(); i++) {
      if (!rows.get(i).section().equals(section)) {
        section = rows.get(i).section();
        text.append('\n').append(section).append('\n');
        text.append(padded(HEADINGS, widths)).append('\n');
      }
      text.append(padded(lines.get(i), widths)).append('\n');
    }
    return text.toString();
  }

  private static String padded(List<String> cells, int[] widths) {
    StringBuilder line = new StringBuilder(" ");
    for (int column = 0; column < cells.size(); column++) {
      boolean words = column == 0 || column == 3;
      String cell = cells.get(column);
      line.append(' ')
          .append(
              words
                  ? Strings.padEnd(cell, widths[column], ' ')
                  : Strings.padStart(cell, widths[column], ' '))
          .append(' ');
    }
    return line.toString().stripTrailing();
  }

  /**
   * For a page.
   *
   * @return a table for each section
   */
  public String markdown() {
    StringBuilder page = new StringBuilder();
    page.append(verdict()).append("\n\n").append(environment()).append('\n');
    String section = "";
    for (Row row : rows) {
      if (!row.section().equals(section)) {
        section = row.section();
        page.append("\n## ").append(section).append("\n\n");
        page.append("| ").append(String.join(" | ", HEADINGS)).append(" |\n");
        page.append("|---|--:|--:|---|--:|--:|--:|---|\n");
      }
      page.append("| ").append(String.join(" | ", cells(row))).append(" |\n");
    }
    return page.toString();
  }

  /**
   * For programs.
   *
   * @return an object with the machine, the scale and the rows
   */
  public String json() {
    ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    ObjectNode root = mapper.createObjectNode();
    root.put("machine", machine.toString());
    root.put("scaleCached", scale.cached()).put("scaleUncached", scale.uncached());
    root.put("targets", targets()).put("missed", missed());
    root.put("missedUnmultiplied", asWritten.stream().filter(row -> !row.isMet()).count());
    ArrayNode all = root.putArray("rows");
    for (Row row : rows) {
      ObjectNode node = all.addObject();
      node.put("section", row.section()).put("what", row.what()).put("unit", row.unit());
      node.put("figure", row.result().figure());
      putUnlessNaN(node, "error", row.result().error());
      putUnlessNaN(node, "bytesPerOperation", row.result().bytes());
      Row.Baseline against = row.against();
      if (against != null) {
        node.put("against", against.name()).put("baseline", against.figure());
        node.put("ratio", row.ratio());
      }
      Row.Target target = row.target();
      if (target != null) {
        node.put(target.atLeast() ? "atLeast" : "atMost", target.limit());
        node.put("allocatesNothing", target.allocatesNothing());
        node.put("met", row.isMet());
      }
    }
    try {
      return mapper.writeValueAsString(root) + "\n";
    } catch (JsonProcessingException impossible) {
      throw new AssertionError(impossible);
    }
  }

  private static void putUnlessNaN(ObjectNode node, String name, double value) {
    if (!Double.isNaN(value)) {
      node.put(name, value);
    }
  }

  private static List<String> cells(Row row) {
    Row.Baseline against = row.against();
    Row.Target target = row.target();
    double bytes = row.result().bytes();
    return List.of(
        row.what(),
        quantity(row.result().figure(), row.unit()),
        Double.isNaN(bytes) ? "" : String.format(Locale.ROOT, "%,.0f", bytes),
        against == null ? "" : against.name(),
        against == null ? "" : quantity(against.figure(), row.unit()),
        against == null ? "" : ratio(row.ratio()),
        target == null
            ? ""
            : (target.atLeast() ? ">= " : "<= ")
                + quantity(target.limit(), row.unit())
                + (target.allocatesNothing() ? ", 0 B" : ""),
        target == null ? "" : row.isMet() ? "met" : "NOT MET");
  }

  private static String ratio(double ratio) {
    return ratio < 0.01 ? "< 0.01" : String.format(Locale.ROOT, "%.2f", ratio);
  }

  private static String quantity(double value, String unit) {
    if (unit.equals("ns")) {
      if (value >= 1e6) {
        return String.format(Locale.ROOT, "%,.1f ms", value / 1e6);
      }
      return value >= 1e4
          ? String.format(Locale.ROOT, "%,.1f us", value / 1e3)
          : String.format(Locale.ROOT, value < 100 ? "%.1f ns" : "%,.0f ns", value);
    }
    return unit.equals("x")
        ? String.format(Locale.ROOT, "%.2f x", value)
        : String.format(Locale.ROOT, "%,.0f %s", value, unit);
  }
}
