package org.irqbypass.comparison.contender;

import static com.google.common.truth.Truth.assertThat;

import org.irqbypass.scenario.Scenario;
import org.junit.jupiter.api.Test;

/** The contenders' names. */
class ContenderTest {
  @Test
  void everyContenderCanBeAskedToBeConfluentByAScenario() {
    assertThat(Scenario.Explore.CONTENDERS).containsExactlyElementsIn(Contender.labels()).inOrder();
  }
}
