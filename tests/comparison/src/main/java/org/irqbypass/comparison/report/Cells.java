package org.irqbypass.comparison.report;

import org.irqbypass.comparison.report.Metric.Tone;

/** Cells of tables. */
final class Cells {
  private Cells() {}

  /** A figure, 0 unobtrusive, and any other as its tone says. */
  static void figure(Html html, int figure, Tone tone) {
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

  /** How much of a whole, in figures and as a bar. */
  static void share(Html html, int part, int whole) {
    html.open("td").text(part + " of " + whole);
    bar(html, whole == 0 ? 0 : (double) part / whole);
    html.close();
  }

  /** A bar, beside the figure that it shows. */
  static void bar(Html html, double share) {
    html.open("span", "class", "bar", "aria-hidden", "true");
    html.element("i", "", "style", "width:" + Math.round(100 * share) + "%").close();
  }

  /** A table that scrolls by itself where the page is narrower, with its head open. */
  static Html openTable(Html html, String style) {
    html.open("div", "class", "scroll", "tabindex", "0");
    return html.open("table", "class", style).open("thead").open("tr");
  }

  /** Closes head and row, and begins the rows. */
  static void endHead(Html html) {
    html.close().close().open("tbody").line();
  }

  /** Closes body and table. */
  static void closeTable(Html html) {
    html.close().close().close().line();
  }
}
