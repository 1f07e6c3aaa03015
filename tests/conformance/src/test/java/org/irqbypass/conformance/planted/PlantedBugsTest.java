package org.irqbypass.conformance.planted;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import org.irqbypass.comparison.explore.Bounds;
import org.irqbypass.comparison.explore.Counterexample;
import org.irqbypass.comparison.explore.Exploration;
import org.irqbypass.scenario.HostParts;
import org.irqbypass.scenario.Scenario;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The explorer finds each known bug of Linux that is put back, and finds nothing where it is not.
 */
class PlantedBugsTest {
  private static final Bounds BOUNDS = Bounds.upTo(100_000);

  @ParameterizedTest
  @EnumSource
  void isFound(PlantedBug bug) {
    ImmutableList<Counterexample> found =
        Exploring.explore(bug.scenario(true), bug::parts, BOUNDS).violations();
    assertWithMessage("%s", bug).that(found).isNotEmpty();
    Counterexample shortest = Exploring.shortest(found);
    System.out.printf(
        "%-38s %2d steps: %-20s %s%n",
        bug, shortest.decided(), shortest.schedule(), shortest.what());
    assertThat(shortest.decided()).isAtMost(4);
  }

  @ParameterizedTest
  @EnumSource
  void theWrittenOrderDoesNotShowIt(PlantedBug bug) {
    Scenario scenario = bug.scenario(true);
    Scenario written =
        scenario.exploring(
            new Scenario.Explore(
                ImmutableSet.of(), scenario.explore().until(), scenario.steps().size()));
    assertThat(Exploring.explore(written, bug::parts, BOUNDS).violations()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void aHealthyHostShowsNothing(PlantedBug bug) {
    Exploration healthy = Exploring.explore(bug.scenario(false), () -> HostParts.LINUX, BOUNDS);
    assertThat(healthy.coverage().complete()).isTrue();
    assertThat(healthy.violations()).isEmpty();
  }
}
