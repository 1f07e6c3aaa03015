package org.irqbypass.evidence;

import static java.util.stream.Collectors.joining;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.base.Strings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** The rows as a table, for a terminal, for a page, for a program. */
final class Table {
  private final List<Evidence> rows;

  Table(List<Evidence> rows) {
    this.rows = rows;
  }

  long found() {
    return rows.stream().mapToLong(Evidence::found).sum();
  }

  /** For a terminal: one line for each row, the verdict last. */
  String text() {
    List<Function<Evidence, String>> columns =
        List.of(Evidence::room, Evidence::what, row -> number(row.tried()), Evidence::unit);
    List<Integer> widths = new ArrayList<>();
    for (Function<Evidence, String> column : columns) {
      widths.add(rows.stream().map(column).mapToInt(String::length).max().orElse(0));
    }
    StringBuilder text = new StringBuilder();
    for (Evidence row : rows) {
      text.append(Strings.padEnd(row.room(), widths.get(0), ' '))
          .append("  ")
          .append(Strings.padEnd(row.what(), widths.get(1), ' '))
          .append("  ")
          .append(Strings.padStart(number(row.tried()), widths.get(2), ' '))
          .append(' ')
          .append(Strings.padEnd(row.unit(), widths.get(3), ' '))
          .append("  found ")
          .append(number(row.found()))
          .append('\n');
    }
    return text + verdict() + "\n";
  }

  String verdict() {
    long findings = rows.stream().filter(row -> row.found() != 0).count();
    return findings == 0
        ? "Nothing was found in " + rows.size() + " kinds of evidence."
        : "FOUND SOMETHING in " + findings + " of " + rows.size() + " kinds of evidence.";
  }

  /** For a page, with the details. */
  String markdown() {
    return rows.stream()
        .map(
            row ->
                String.join(
                    " | ",
                    "| " + row.room(),
                    escape(row.what()),
                    number(row.tried()) + " " + row.unit(),
                    number(row.found()),
                    escape(row.detail()) + " |"))
        .collect(
            joining(
                "\n",
                "| room | what was tried | how many | found | |\n|---|---|---|---|---|\n",
                "\n\n" + verdict() + "\n"));
  }

  String json() throws IOException {
    return JsonMapper.builder().build().writerWithDefaultPrettyPrinter().writeValueAsString(rows)
        + "\n";
  }

  private static String number(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  private static String escape(String text) {
    return text.replace("|", "\\|");
  }
}
