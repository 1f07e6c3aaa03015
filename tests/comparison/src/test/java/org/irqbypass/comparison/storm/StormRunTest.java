package org.irqbypass.comparison.storm;

import static com.google.common.truth.Truth.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.irqbypass.comparison.cost.CostModel;
import org.irqbypass.scenario.KernelProfile;
import org.irqbypass.scenario.Scenario;
import org.irqbypass.scenario.Scenario.Storm;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StormRunTest {
  @TempDir Path directory;

  private static StormResult run(String platform, int irqfds, int machines, CostModel costs) {
    Scenario scenario =
        new Scenario(
            "s",
            "s",
            "",
            platform,
            KernelProfile.LINUX_6_17,
            ImmutableMap.of(),
            ImmutableList.of());
    return StormRun.of(scenario, new Storm(irqfds, machines), costs);
  }

  private static Waits waits(StormResult result, RegistryDesign design) {
    return result.waits().stream().filter(w -> w.design() == design).findFirst().orElseThrow();
  }

  private CostModel costs(String text) throws IOException {
    return CostModel.read(Files.writeString(directory.resolve("costs.yaml"), text));
  }

  @ParameterizedTest
  @ValueSource(strings = {"x86-posted", "x86-avic", "x86-remapped"})
  @DisplayName("each irqfd is paired with its producer, and nothing is left when all are gone")
  void isWhole(String platform) {
    StormResult result = run(platform, 101, 7, CostModel.defaults());
    assertThat(result.irqfds()).isEqualTo(101);
    assertThat(result.connected()).isEqualTo(101);
    assertThat(result.left()).isEqualTo(0);
    assertThat(result.isWhole()).isTrue();
  }

  @Test
  @DisplayName("a machine may have as many irqfds as a device has vectors")
  void fullDevices() {
    assertThat(run("x86-posted", 4096, 2, CostModel.defaults()).isWhole()).isTrue();
  }

  @Test
  @DisplayName("the same storm is the same again")
  void deterministic() {
    assertThat(run("x86-posted", 500, 20, CostModel.defaults()))
        .isEqualTo(run("x86-posted", 500, 20, CostModel.defaults()));
  }

  @Test
  @DisplayName("whoever has a lock for himself never waits, whoever shares one does")
  void waitsOnlyForOthers() {
    StormResult many = run("x86-posted", 2000, 40, CostModel.defaults());
    assertThat(waits(many, RegistryDesign.TOKENS).max()).isEqualTo(0);
    assertThat(waits(many, RegistryDesign.ARRAYS).max()).isGreaterThan(0);
    assertThat(waits(many, RegistryDesign.LISTS).mean())
        .isGreaterThan(waits(many, RegistryDesign.ARRAYS).mean());
    StormResult alone = run("x86-posted", 2000, 1, CostModel.defaults());
    assertThat(waits(alone, RegistryDesign.LISTS).max()).isEqualTo(0);
  }

  @Test
  @DisplayName("with threads that do nothing else, each waits for all others")
  void saturated() throws IOException {
    CostModel busy =
        costs(
            """
            storm-pause: {value: 0, unit: ns, source: nothing else to do}
            array-hold: {value: 1000, unit: ns, source: a round number}
            """);
    Waits waits = waits(run("x86-posted", 2000, 10, busy), RegistryDesign.ARRAYS);
    assertThat(waits.p50()).isWithin(9).of(9_000);
    assertThat(waits.max()).isAtMost(9_009);
  }

  @Test
  @DisplayName("at full size lists and arrays come within 5 % of what Linux's developers measured")
  void published() {
    for (RegistryDesign design : ImmutableList.of(RegistryDesign.LISTS, RegistryDesign.ARRAYS)) {
      double mean =
          new Weather(new Storm(174_000, 144), CostModel.defaults())
              .play(design, (machine, number, side) -> {})
              .getMean();
      long measured = Objects.requireNonNull(design.published());
      assertThat(mean / measured).isWithin(0.05).of(1);
    }
  }
}
