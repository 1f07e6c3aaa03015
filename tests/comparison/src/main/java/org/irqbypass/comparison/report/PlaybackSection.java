package org.irqbypass.comparison.report;

import java.util.List;
import org.irqbypass.comparison.contender.Contender;

/** The runs side by side, to be stepped through. The page's script fills it. */
final class PlaybackSection {
  private final Html html;
  private final ScenarioComparison scenario;

  PlaybackSection(Html html, ScenarioComparison scenario) {
    this.html = html;
    this.scenario = scenario;
  }

  void write() {
    Playback playback = scenario.playback();
    if (playback.frames().isEmpty()) {
      return;
    }
    List<Contender> contenders =
        scenario.results().stream().map(ContenderResult::contender).toList();
    html.element("h3", "Step by step");
    legend(html);
    html.open(
        "div",
        "class",
        "timeline",
        "tabindex",
        "0",
        "role",
        "group",
        "aria-label",
        "Timeline of " + scenario.name() + ": arrow keys step, Home and End jump");
    html.open("script", "type", "application/json");
    html.verbatim(PlaybackData.of(playback, contenders)).close();
    html.element(
        "noscript", "To step through the run the page needs its script, which is switched off.");
    html.close();
    html.element(
        "p",
        playback.leftOut() == 0
            ? "Every step is shown. What one contender adds is a step at which the others wait."
            : Words.sentence(Words.count(playback.frames().size(), "step"))
                + " shown, "
                + playback.leftOut()
                + " left out: those that repeat others of their phase, and calls that change"
                + " nothing here. What one contender adds is a step at which the others wait.",
        "class",
        "small soft");
    html.line();
  }

  /** What the colours of steps and arrows say. */
  static void legend(Html html) {
    html.open("ul", "class", "legend");
    html.element("li", "call only for forwarding", "class", "k-forwarding");
    html.element("li", "interrupt that bypasses the host", "class", "k-bypassed");
    html.element("li", "interrupt through the host", "class", "k-software");
    html.element("li", "refused", "class", "k-refused");
    html.close().line();
  }
}
