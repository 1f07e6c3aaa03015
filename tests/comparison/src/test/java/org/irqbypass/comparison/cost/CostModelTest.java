package org.irqbypass.comparison.cost;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.irqbypass.scenario.InputException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CostModelTest {
  @TempDir Path directory;

  private CostModel read(String text) throws IOException {
    return CostModel.read(Files.writeString(directory.resolve("costs.yaml"), text));
  }

  private static Parameter parameter(CostModel model, String name) {
    return model.parameters().stream().filter(p -> p.name().equals(name)).findFirst().orElseThrow();
  }

  @Test
  @DisplayName("each parameter has either a source or a range that its value is in, and a meaning")
  void defaults() {
    for (Parameter parameter : CostModel.defaults().parameters()) {
      assertWithMessage(parameter.name()).that(parameter.what()).isNotEmpty();
      assertWithMessage(parameter.name())
          .that(Optional.ofNullable(parameter.source()).isPresent())
          .isNotEqualTo(Optional.ofNullable(parameter.assumption()).isPresent());
      assertThat(parameter.least()).isAtLeast(0.0);
      assertThat(parameter.least()).isAtMost(parameter.value());
      assertThat(parameter.most()).isAtLeast(parameter.value());
    }
    assertThat(CostModel.defaults().parameters().stream().map(Parameter::name).toList())
        .containsExactlyElementsIn(CostModel.names());
  }

  @ParameterizedTest
  @ValueSource(strings = {"x86-posted", "arm64-gicv2"})
  @DisplayName("everything costs something, the least no more than the most")
  void prices(String platform) {
    CostModel model = CostModel.defaults();
    for (Cost cost : Cost.values()) {
      assertThat(model.lowest(platform).of(cost)).isGreaterThan(0);
      assertThat(model.prices(platform).of(cost)).isAtLeast(model.lowest(platform).of(cost));
      assertThat(model.prices(platform).of(cost)).isAtMost(model.highest(platform).of(cost));
    }
  }

  @Test
  @DisplayName("the default file can be given as it is")
  void defaultText() throws IOException {
    assertThat(read(CostModel.defaultText()).parameters())
        .isEqualTo(CostModel.defaults().parameters());
  }

  @Test
  @DisplayName("a file replaces what it names, and nothing else")
  void replaces() throws IOException {
    CostModel model = read("signal: {value: 7.5, unit: ns, source: measured here}");
    assertThat(parameter(model, "signal").value()).isEqualTo(7.5);
    assertThat(parameter(model, "signal").source()).isEqualTo("measured here");
    assertThat(parameter(model, "host-irq")).isEqualTo(parameter(CostModel.defaults(), "host-irq"));
    assertThat(model.parameters()).hasSize(CostModel.defaults().parameters().size());
  }

  @Test
  @DisplayName("cycles take less time on a faster clock, nanoseconds do not")
  void clock() throws IOException {
    CostModel fast = read("clock: {value: 5.4, unit: GHz, source: twice as fast}");
    assertThat(fast.prices("x86-posted").of(Cost.EXIT)).isEqualTo(Math.round(1300 / 5.4));
    assertThat(fast.prices("x86-posted").of(Cost.SIGNAL))
        .isEqualTo(CostModel.defaults().prices("x86-posted").of(Cost.SIGNAL));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "exit-x68: {value: 1, unit: ns, source: s}| costs.yaml:1:1: a file of costs has no \"exit-x68\"; did you mean exit-x86?",
        "signal: {value: 1, units: ns, source: s}| did you mean unit?",
        "signal: {value: fast, unit: ns, source: s}"
            + "| costs.yaml:1:17: value of signal is text \"fast\", expected a number from 0 to",
        "signal: {value: -1, unit: ns, source: s}| costs.yaml:1:17: value of signal",
        "signal: {value: .nan, unit: ns, source: s}| costs.yaml:1:17: value of signal",
        "signal: {value: 1, unit: us, source: s}| costs.yaml:1:26: the unit of signal",
        "signal: {value: 1, unit: GHz, source: s}| expected ns or cycles",
        "clock: {value: 0, unit: GHz, source: s}| costs.yaml:1:16: value of clock",
        "clock: {value: 1, unit: ns, source: s}| expected GHz",
        "signal: {value: 1, unit: ns}| costs.yaml:1:9: signal has neither a source",
        "signal: {value: 1, unit: ns, source: s, assumption: {from: 0, to: 2, why: w}}"
            + "| a source and an assumption",
        "signal: {value: 3, unit: ns, assumption: {from: 0, to: 2, why: w}}"
            + "| costs.yaml:1:17: the value of signal is outside",
        "signal: {value: 3, unit: ns, assumption: {from: 4, to: 2, why: w}}"
            + "| begins after its end",
        "signal: {value: 3, unit: ns, assumption: {from: 1, to: 4}}| why is missing",
        "signal: 3| costs.yaml:1:9: signal is a number \"3\", expected a map",
        "[]| costs.yaml:1:1: a file of costs is a list, expected a map",
      })
  @DisplayName("what makes no sense is refused with its place and with what was expected")
  void refuses(String text, String complaint) {
    InputException wrong = assertThrows(InputException.class, () -> read(text));
    assertThat(wrong).hasMessageThat().contains(complaint.strip());
    assertThat(wrong).hasMessageThat().contains("costs.yaml:1:");
  }

  private static WayCost way(String way, String processor) {
    return CostModel.defaults().ways().stream()
        .filter(each -> each.way().equals(way) && each.processor().equals(processor))
        .findFirst()
        .orElseThrow();
  }

  @Test
  @DisplayName("a forwarded line saves EOI trap, resample and unmask, and nothing else")
  void ways() {
    Prices prices = CostModel.defaults().prices("arm64-gicv2");
    assertThat(
            way("a line, through the host", "arm64").nanos()
                - way("a line, forwarded", "arm64").nanos())
        .isEqualTo(prices.of(Cost.EOI_TRAP) + prices.of(Cost.RESAMPLE) + prices.of(Cost.UNMASK));
    assertThat(way("a message, posted", "x86").of()).doesNotContain(Cost.EXIT);
    assertThat(way("a message, posted to a vCPU that waits", "x86").of())
        .containsExactly(Cost.POSTING, Cost.WAKE_UP);
  }

  @Test
  @DisplayName("by default posting saves about as much latency as direct delivery did: 80 %")
  void plausible() {
    double left =
        (double) way("a message, posted", "x86").nanos()
            / way("a message, through the host", "x86").nanos();
    assertThat(left).isWithin(0.1).of(0.2);
  }
}
