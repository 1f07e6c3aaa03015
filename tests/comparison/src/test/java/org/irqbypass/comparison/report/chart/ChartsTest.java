package org.irqbypass.comparison.report.chart;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSortedMap;
import com.google.common.primitives.ImmutableLongArray;
import java.io.IOException;
import java.math.BigInteger;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.irqbypass.comparison.account.Account;
import org.irqbypass.comparison.account.Exits;
import org.irqbypass.comparison.account.Interrupt;
import org.irqbypass.comparison.catalogue.Catalogue;
import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.comparison.contender.Trial;
import org.irqbypass.comparison.contender.TrialRunner;
import org.irqbypass.comparison.cost.Charges;
import org.irqbypass.comparison.cost.CostModel;
import org.irqbypass.comparison.cost.Latency;
import org.irqbypass.comparison.cost.ModelledTime;
import org.irqbypass.comparison.cost.Timeline;
import org.irqbypass.comparison.explore.Census;
import org.irqbypass.comparison.explore.Coverage;
import org.irqbypass.comparison.explore.Ending;
import org.irqbypass.comparison.explore.Exploration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ChartsTest {
  private static final Pattern FIGURE =
      Pattern.compile(
          "data-kind=\"(\\w+)\"><script type=\"application/json\">(.*?)</script></figure>");

  private static ChartedRun run(String scenario, Contender contender) {
    Trial trial = TrialRunner.run(Catalogue.load(scenario).scenario(), contender);
    return new ChartedRun(contender, trial.account(), Timeline.of(trial, CostModel.defaults()));
  }

  private static JsonNode data(String fragment, String kind) throws IOException {
    Matcher figures = FIGURE.matcher(fragment);
    while (figures.find()) {
      if (figures.group(1).equals(kind)) {
        return new ObjectMapper().readTree(figures.group(2));
      }
    }
    throw new AssertionError("there is no chart of " + kind);
  }

  static List<String> scenarios() {
    return Catalogue.all();
  }

  @ParameterizedTest
  @MethodSource("scenarios")
  @DisplayName("charts show as many calls, interrupts and deliveries as were counted")
  void complete(String scenario) throws IOException {
    for (Contender contender : Contender.values()) {
      ChartedRun run = run(scenario, contender);
      String fragment = Charts.ofRuns(List.of(run));
      JsonNode calls = data(fragment, "calls").get("rows").get(0);
      assertThat(calls.get("own").asInt() + calls.get("added").asInt())
          .isEqualTo(run.account().calls());
      assertThat(sum(data(fragment, "path").get("rows").get(0).get("bins"), 0, 1, 2))
          .isEqualTo(run.account().raised());
      JsonNode latency = data(fragment, "latency").get("rows").get(0);
      assertThat(sum(latency.get("bins"), 2)).isEqualTo(run.timeline().deliveries().size());
      JsonNode windows = data(fragment, "windows").get("rows").get(0);
      assertThat(windows.get("windows").size() + windows.get("more").asInt())
          .isEqualTo(run.timeline().windows().size());
      assertThat(windows.get("raised").asInt()).isEqualTo(run.account().window());
    }
  }

  private static int sum(JsonNode bins, int... columns) {
    int sum = 0;
    for (JsonNode bin : bins) {
      for (int column : columns) {
        sum += bin.get(column).asInt();
      }
    }
    return sum;
  }

  private static Ending ending(boolean one, boolean other, int errors, int untold) {
    return new Ending(
        ImmutableSortedMap.of(
            new Interrupt("nic", "MSIX", 0), one, new Interrupt("nic", "MSIX", 1), other),
        0,
        0,
        0,
        0,
        0,
        0,
        errors,
        untold,
        0);
  }

  @Test
  @DisplayName("shares of endings add up to 1, however many orders there are")
  void endings() throws IOException {
    Census census =
        new Census(
            ImmutableList.of(
                new Census.Share(ending(true, true, 0, 0), BigInteger.TEN.pow(40)),
                new Census.Share(ending(true, false, 1, 0), BigInteger.TEN.pow(40)),
                new Census.Share(
                    ending(false, false, 0, 1), BigInteger.TWO.multiply(BigInteger.TEN.pow(40)))));
    Coverage coverage = new Coverage(false, 1, 1, 1, 0, 0, 0.5, 0, ImmutableList.of());
    JsonNode row =
        data(
                Charts.ofOrders(
                    List.of(
                        new Exploration(
                            "storm",
                            Contender.AUTOMATIC_LINUX,
                            census,
                            new Census(ImmutableList.of()),
                            coverage,
                            ImmutableList.of(),
                            ImmutableList.of()))),
                "endings")
            .get("rows")
            .get(0);
    assertThat(row.get("fully").asDouble()).isEqualTo(0.25);
    assertThat(row.get("partly").asDouble()).isEqualTo(0.25);
    assertThat(row.get("not").asDouble()).isEqualTo(0.5);
    assertThat(row.get("errors").asDouble()).isEqualTo(0.25);
    assertThat(row.get("untold").asDouble()).isEqualTo(0.5);
    assertThat(row.get("orders").asText()).isEqualTo("4.0 \u00d7 10\u2074\u2070");
  }

  @Test
  @DisplayName("the name of a device cannot leave a chart's data")
  void hostile() throws IOException {
    Interrupt evil = new Interrupt("</script><script>alert('1 & 2')</script><!--", "MSIX", 0);
    Timeline timeline =
        new Timeline(
            ImmutableLongArray.of(10),
            ImmutableList.of(),
            ImmutableList.of(),
            ImmutableList.of(new Timeline.SlowWindow(evil, 0, 10, 0, false)),
            new ModelledTime(
                0, 0, 0, 0, new Latency(0, 0, 0, 0, 0), 10, new Charges(ImmutableMap.of())));
    Account account =
        new Account(0, 0, 0, 0, new Exits(0, 0, 0), 0, 0, 0, 0, 0, ImmutableList.of());
    String fragment =
        Charts.ofRuns(List.of(new ChartedRun(Contender.AUTOMATIC_LINUX, account, timeline)));
    assertThat(fragment).doesNotContain("<script>alert");
    assertThat(fragment).doesNotContain("<!--");
    assertThat(data(fragment, "windows").at("/rows/0/windows/0/interrupt").asText())
        .startsWith("</script>");
    assertWithMessage("what has nothing to show says so")
        .that(data(fragment, "latency").get("empty").asText())
        .isNotEmpty();
  }

  @Test
  @DisplayName("script and style load nothing and cannot end their elements")
  void standsAlone() {
    String both = Charts.script() + Charts.style();
    for (String address : List.of("https:", "url(", "@import", " src=", "</script", "<!--")) {
      assertThat(both).doesNotContain(address);
    }
    assertThat(both.replace("http://www.w3.org/", "")).doesNotContain("http:");
    assertThat(both).contains("Mike Bostock"); // its licence wants him named
  }

  @Test
  @DisplayName("the same run gives the same bytes")
  void deterministic() {
    assertThat(Charts.ofRuns(List.of(run("hot-unplug", Contender.EXPLICIT_LATE))))
        .isEqualTo(Charts.ofRuns(List.of(run("hot-unplug", Contender.EXPLICIT_LATE))));
  }
}
