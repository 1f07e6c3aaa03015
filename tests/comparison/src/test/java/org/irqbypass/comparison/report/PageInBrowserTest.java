package org.irqbypass.comparison.report;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.irqbypass.comparison.command.CommandLineTool;
import org.irqbypass.comparison.command.Console;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The page of everything bundled, in a real browser; skipped where there is none. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PageInBrowserTest {
  private static final String TIMELINE = "#s-platform-level-irq .timeline";

  /** Of everything bundled, and of one scenario: what is stepped through need not be large. */
  private Path everything = Path.of("");

  private Path one = Path.of("");

  @SuppressWarnings("NullAway.Init")
  private Browser browser;

  @BeforeAll
  void start(@TempDir Path directory) throws IOException {
    Path program = Browser.find().orElse(null);
    Assumptions.assumeTrue(
        program != null, "no Chromium on the PATH: the page was not tested in a browser");
    everything = page(directory.resolve("everything"));
    one = page(directory.resolve("one"), "platform-level-irq");
    browser = new Browser(Objects.requireNonNull(program), directory.resolve("profile"));
  }

  private static Path page(Path directory, String... scenarios) {
    List<String> command = new ArrayList<>(List.of("compare"));
    command.addAll(List.of(scenarios));
    command.addAll(List.of("--max-schedules", "20", "--html", directory.toString()));
    StringWriter said = new StringWriter();
    PrintWriter out = new PrintWriter(said);
    int status =
        new CommandLineTool(new Console(out, out, false)).run(command.toArray(new String[0]));
    assertWithMessage(said.toString()).that(status).isEqualTo(0);
    return directory.resolve("index.html");
  }

  private void open(Path page) {
    browser.prefer("light");
    browser.open(page, 1280, 800);
  }

  @AfterAll
  void stop() {
    if (browser != null) {
      browser.close();
    }
  }

  private int step() {
    return browser.evaluate("+document.querySelector('" + TIMELINE + "').dataset.step").asInt();
  }

  private String shown(String what) {
    return browser
        .evaluate(
            "[...document.querySelectorAll('"
                + TIMELINE
                + " "
                + what
                + "')].map(e => e.innerText).join(' | ')")
        .asText();
  }

  private void assertNoProblems() {
    assertThat(browser.problems()).isEmpty();
  }

  @Test
  @DisplayName("it loads without a complaint, and asks for nothing but itself")
  void loads() {
    open(everything);
    assertNoProblems();
    assertThat(browser.requests().stream().filter(url -> !url.startsWith("data:")).toList())
        .containsExactly(everything.toUri().toString());
  }

  @Test
  @DisplayName("the first screen holds the verdict and all five answers, without scrolling")
  void firstScreen() {
    open(everything);
    JsonNode bottoms =
        browser.evaluate(
            "['.verdict-table', '#answer-calls', '#answer-bypassed', '#answer-failures',"
                + " '#answer-orders', '#answer-unexplored'].map(s =>"
                + " document.querySelector(s).getBoundingClientRect().bottom)");
    assertThat(bottoms.size()).isEqualTo(6);
    for (JsonNode bottom : bottoms) {
      assertThat(bottom.asDouble()).isGreaterThan(0.0);
      assertThat(bottom.asDouble()).isAtMost(800.0);
    }
    assertThat(browser.evaluate("document.querySelector('#verdict').innerText").asText())
        .contains("automatic-retry");
  }

  @ParameterizedTest
  @CsvSource({"1280,800", "400,800"})
  @DisplayName("nothing is wider than the screen, folded or unfolded")
  void nothingOverflows(int width, int height) {
    open(everything);
    browser.resize(width, height);
    for (boolean open : new boolean[] {false, true}) {
      browser.evaluate("document.querySelectorAll('details').forEach(d => d.open = " + open + ")");
      assertThat(browser.evaluate("document.documentElement.scrollWidth").asInt()).isAtMost(width);
      // What is clipped rather than scrolled would not widen the page.
      String cut =
          browser
              .evaluate(
                  "[...document.querySelectorAll('main *')].filter(e => {"
                      + " const b = e.getBoundingClientRect();"
                      + " return b.width > 0 && b.right > innerWidth + 1"
                      + " && !e.closest('.scroll, .diagram, .chart, svg') })"
                      + ".map(e => e.tagName + '.' + e.className).slice(0, 5).join(', ')")
              .asText();
      assertWithMessage("outside at width " + width).that(cut).isEmpty();
    }
  }

  @Test
  @DisplayName("buttons step forward and back, to the end and to the beginning")
  void buttons() {
    open(one);
    String first = shown(".caption");
    browser.click(TIMELINE + " .forward");
    browser.click(TIMELINE + " .forward");
    assertThat(step()).isEqualTo(2);
    assertThat(shown(".caption")).isNotEqualTo(first);
    assertThat(shown(".counter")).startsWith("step 3 of ");
    browser.click(TIMELINE + " .back");
    assertThat(step()).isEqualTo(1);
    browser.click(TIMELINE + " .end");
    assertThat(shown(".counter")).isEqualTo("step " + (step() + 1) + " of " + (step() + 1));
    browser.click(TIMELINE + " .first");
    assertThat(step()).isEqualTo(0);
    assertThat(shown(".caption")).isEqualTo(first);
    assertNoProblems();
  }

  @Test
  @DisplayName("arrow keys, Home and End step too")
  void keys() {
    open(one);
    browser.evaluate("document.querySelector('" + TIMELINE + "').focus()");
    browser.press("ArrowRight");
    browser.press("ArrowRight");
    browser.press("ArrowRight");
    assertThat(step()).isEqualTo(3);
    browser.press("ArrowLeft");
    assertThat(step()).isEqualTo(2);
    browser.press("End");
    int last = step();
    assertThat(last).isGreaterThan(50);
    browser.press("ArrowRight");
    assertThat(step()).isEqualTo(last);
    browser.press("Home");
    assertThat(step()).isEqualTo(0);
    assertNoProblems();
  }

  @Test
  @DisplayName("at each step the registry's state is shown: refused for one, paired for the other")
  void state() {
    open(one);
    browser.evaluate("document.querySelector('" + TIMELINE + "').focus()");
    boolean refused = false;
    for (int i = 0; i < 60 && !refused; i++) {
      browser.press("ArrowRight");
      refused = shown(".pane:nth-child(2) .end-refused").contains("refused");
    }
    assertThat(shown(".pane:nth-child(2) h4")).isEqualTo("automatic-linux");
    assertThat(refused).isTrue();
    assertThat(shown(".pane:nth-child(2) .caption")).contains("userspace is not told");
    assertThat(shown(".pane:nth-child(2) .irq.changed")).contains("uart IRQ 0");
    boolean paired = false;
    for (int i = 0; i < 60 && !paired; i++) {
      browser.press("ArrowRight");
      paired = shown(".pane:nth-child(1) .end-paired").contains("paired");
    }
    assertThat(shown(".pane:nth-child(1) h4")).isEqualTo("explicit-late");
    assertThat(paired).isTrue();
    assertThat(shown(".pane:nth-child(1) .way-bypassed .way")).contains("bypassed");
    assertThat(shown(".pane:nth-child(2) .end-refused")).contains("refused");
  }

  @Test
  @DisplayName("any two contenders can be put next to each other")
  void choice() {
    open(one);
    browser.click(TIMELINE + " .contender:nth-of-type(4)");
    assertThat(shown(".pane h4")).isEqualTo("automatic-linux | automatic-retry");
    browser.click(TIMELINE + " .contender:nth-of-type(3)");
    assertThat(shown(".pane h4")).isEqualTo("automatic-retry");
    assertNoProblems();
  }

  @ParameterizedTest
  @ValueSource(strings = {"light", "dark"})
  @DisplayName("it follows the reader's colours, text stands out from paper, diagrams follow")
  void colours(String preferred) {
    open(one);
    browser.prefer(preferred);
    double paper = brightness("getComputedStyle(document.body).backgroundColor");
    double ink = brightness("getComputedStyle(document.querySelector('h1')).color");
    double drawn = brightness("getComputedStyle(document.querySelector('.diagram text')).fill");
    assertThat(ink).isWithin(1).of(drawn);
    assertThat(preferred.equals("light") ? paper - ink : ink - paper).isGreaterThan(150.0);
  }

  private double brightness(String colour) {
    return browser
        .evaluate(
            "((" + colour + ").match(/[0-9.]+/g).slice(0, 3).reduce((a, b) => a + +b, 0)) / 3")
        .asDouble();
  }
}
