package org.irqbypass.faults;

import static com.google.common.truth.Truth.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableListMultimap;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import org.irqbypass.comparison.catalogue.Catalogue;
import org.irqbypass.scenario.HostOptions;
import org.irqbypass.scenario.Platforms;
import org.irqbypass.scenario.Scenario;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever fails, wherever: no state is half changed, no lock stays held, nothing is lost track of,
 * and the same host goes on as if nothing had been.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FaultsTest {
  /** Short form: every so many points, a different set for each scenario and platform. */
  private static final int SHORT_STRIDE = 23;

  private static final int BUNDLED_STRIDE = 41;

  private static final ImmutableListMultimap<String, String> PROGRAMS =
      ImmutableListMultimap.<String, String>builder()
          .putAll("x86-messages", "x86-posted", "x86-avic", "x86-remapped")
          .putAll("x86-lines", "x86-posted", "x86-remapped")
          .putAll("x86-explicit", "x86-posted", "x86-avic")
          .putAll("arm64-messages", "arm64-gicv4", "arm64-gicv3")
          .putAll("arm64-lines", "arm64-gicv3", "arm64-gicv2")
          .build();

  private final Findings findings = new Findings();
  private int hosts;

  record Program(String name, String platform) {}

  static ImmutableList<Program> programs() {
    return PROGRAMS.entries().stream()
        .map(entry -> new Program(entry.getKey(), entry.getValue()))
        .collect(ImmutableList.toImmutableList());
  }

  static ImmutableList<Program> bundled() {
    ImmutableList.Builder<Program> all = ImmutableList.builder();
    for (String name : Catalogue.scenarios()) {
      String home = Catalogue.load(name).scenario().platform();
      for (String platform : Platforms.existing()) {
        if (platform.startsWith("x86") == home.startsWith("x86")) {
          all.add(new Program(name, platform));
        }
      }
    }
    return all.build();
  }

  @BeforeAll
  void instrument() {
    LibraryAgent.install();
  }

  @ParameterizedTest
  @MethodSource("programs")
  void everyPointOfEveryCallMayFail(Program program) throws IOException {
    try (InputStream file = FaultsTest.class.getResourceAsStream(program.name() + ".yaml")) {
      Scenario scenario =
          Scenario.read(program.name(), Objects.requireNonNull(file, program.name()));
      fail(scenario.on(program.platform()), Evidence.isDeep() ? 1 : SHORT_STRIDE);
    }
  }

  @ParameterizedTest
  @MethodSource("bundled")
  void everyPointOfTheBundledScenariosMayFail(Program program) {
    Assumptions.assumeTrue(Evidence.isDeep(), "long form only");
    fail(Catalogue.load(program.name()).on(program.platform()).scenario(), BUNDLED_STRIDE);
  }

  private void fail(Scenario scenario, int stride) {
    Findings mine = new Findings();
    new FaultTrial(scenario, HostOptions.of(scenario), mine).run(stride);
    hosts++;
    findings.add(mine);
    assertThat(mine.summary()).isEmpty();
    assertThat(mine.tried()).isGreaterThan(0);
  }

  @AfterAll
  void tell() throws IOException {
    Evidence evidence = new Evidence("faults");
    evidence.add(
        "every fault point failed in turn",
        findings.tried(),
        "fault points",
        findings.summary().size(),
        hosts + " scenarios on their platforms; " + findings.endings() + "; " + findings.byKind());
    evidence.write();
  }
}
