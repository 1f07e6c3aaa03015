package org.irqbypass.faults;

import static com.google.common.truth.Truth.assertThat;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import org.irqbypass.scenario.HostOptions;
import org.irqbypass.scenario.Scenario;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever fails, wherever: no state is half changed, no lock stays held, nothing is lost track of,
 * and the same host goes on as if nothing had been.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FaultsTest {
  /** Short form: every so many points, a different set for each scenario and platform. */
  private static final int SHORT_STRIDE = 47;

  private static final int BUNDLED_STRIDE = 41;

  private final Findings findings = new Findings();
  private int hosts;

  static ImmutableList<Programs.Program> everyCall() {
    return Programs.everyCall();
  }

  static ImmutableList<Programs.Program> bundled() {
    return Programs.bundled();
  }

  @BeforeAll
  void instrument() {
    LibraryAgent.install();
  }

  @ParameterizedTest
  @MethodSource("everyCall")
  void everyPointOfEveryCallMayFail(Programs.Program program) {
    fail(program.scenario(), Evidence.isDeep() ? 1 : SHORT_STRIDE);
  }

  @ParameterizedTest
  @MethodSource("bundled")
  @EnabledIfSystemProperty(named = "faults.deep", matches = "true")
  void everyPointOfTheBundledScenariosMayFail(Programs.Program program) {
    fail(program.scenario(), BUNDLED_STRIDE);
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
