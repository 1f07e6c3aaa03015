package org.irqbypass.comparison.explore;

import static com.google.common.truth.Truth.assertThat;

import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.comparison.report.ExplorationText;
import org.irqbypass.scenario.Scenario;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same scenario, contender, bounds and seed come to the same bytes. */
class DeterminismTest {
  private static final Scenario SCENARIO = Orders.bundled("platform-level-irq");

  private static String text(int schedules, int walks, long seed, int threads) {
    Exploration found =
        Orders.explore(
            SCENARIO,
            Contender.AUTOMATIC_LINUX,
            new Bounds(schedules, 0, -1, true, true, walks, seed, threads));
    return ExplorationText.census(SCENARIO, java.util.List.of(found))
        + ExplorationText.counterexamples(found, true);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 77})
  @DisplayName("however many threads explore, also where schedules run out")
  void threads(int schedules) {
    String one = text(schedules, 10, 5, 1);
    assertThat(text(schedules, 10, 5, 2)).isEqualTo(one);
    assertThat(text(schedules, 10, 5, 4)).isEqualTo(one);
  }

  @Test
  @DisplayName("walks depend on their seed, and on nothing else")
  void seeds() {
    assertThat(text(1, 40, 5, 2)).isEqualTo(text(1, 40, 5, 2));
    assertThat(text(1, 40, 6, 2)).isNotEqualTo(text(1, 40, 5, 2));
  }
}
