package org.irqbypass.conformance.planted;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import com.google.common.collect.ImmutableList;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.irqbypass.comparison.explore.Bounds;
import org.irqbypass.comparison.explore.Exploration;
import org.irqbypass.registry.CountingVerifier;
import org.irqbypass.registry.RegistryProtocol;
import org.irqbypass.scenario.HostParts;
import org.irqbypass.scenario.Scenario;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.junit.jupiter.api.Test;

/**
 * Two judges of the registry's protocol, in which two producers and two consumers come and go under
 * one token and one producer refuses: the explorer, which takes their calls in every order, and
 * Lincheck, which also interleaves the steps inside them.
 */
class RegistryVerdictsTest {
  /** At the end, when all have gone, somebody else must be welcome. */
  private static final String CALLS =
      """
      name: registry
      platform: x86-posted
      explore: {from: calls, until: end}
      steps:
        - mark: calls
        - vmm1: [ byp cmd=rp slot=0 token=1, byp cmd=up slot=0 ]
        - vmm2: [ byp cmd=rp slot=1 token=1 flags=G, byp cmd=up slot=1 ]
        - vmm3: [ byp cmd=rc slot=0 token=1, byp cmd=uc slot=0 ]
        - vmm4: [ byp cmd=rc slot=1 token=1, byp cmd=uc slot=1 ]
        - mark: end
        - vmm: [ byp cmd=rc slot=2 token=1, byp cmd=uc slot=2 ]
        - vmm: [ byp cmd=rp slot=2 token=1, byp cmd=up slot=2 ]
      """;

  /** The registry as it is, or with a bug. */
  private enum Kernel {
    HEALTHY(() -> HostParts.LINUX, RegistryProtocol.class),
    BUG_13_2(
        PlantedBug.FAILED_CONNECT_LEAVES_PRODUCER::parts, RegistryProtocol.DanglingProducer.class),
    BUG_13_4(PlantedBug.FAILED_CONNECT_LEAVES_ENTRY::parts, RegistryProtocol.EntryLeftBehind.class),
    BUG_13_5(PlantedBug.FAILED_CONNECT_SKIPS_START::parts, RegistryProtocol.StartSkipped.class);

    @SuppressWarnings("ImmutableEnumChecker") // they keep nothing
    private final Supplier<HostParts> parts;

    private final Class<?> protocol;

    Kernel(Supplier<HostParts> parts, Class<?> protocol) {
      this.parts = parts;
      this.protocol = protocol;
    }
  }

  /** What a judge says. */
  private record Verdict(String judge, Kernel of, boolean holds, long schedules, double seconds) {
    @Override
    public String toString() {
      return String.format(
          "%-9s %-9s %-6s %6d schedules, %5.0f a second",
          judge, of, holds ? "holds" : "broken", schedules, schedules / seconds);
    }
  }

  @Test
  void explorerAndLincheckJudgeAlike() {
    List<Verdict> explored = new ArrayList<>();
    List<Verdict> checked = new ArrayList<>();
    explore(Kernel.HEALTHY); // for the JVM to warm up
    for (Kernel kernel : Kernel.values()) {
      explored.add(explore(kernel));
    }
    // Afterwards, since what Lincheck makes of the classes is slower.
    for (Kernel kernel : Kernel.values()) {
      checked.add(check(kernel));
    }
    explored.forEach(System.out::println);
    checked.forEach(System.out::println);

    for (List<Verdict> verdicts : ImmutableList.of(explored, checked)) {
      for (Verdict verdict : verdicts) {
        assertWithMessage("%s", verdict)
            .that(verdict.holds())
            .isEqualTo(verdict.of() == Kernel.HEALTHY);
        assertThat(verdict.schedules()).isAtLeast(1);
      }
    }
    assertThat(explored.get(0).schedules()).isAtLeast(8 * 7 * 6 * 5 * 4 * 3 / 8); // 8! / 2!^4
  }

  /** Every order by itself, so that what is counted is what was run. */
  private static Verdict explore(Kernel kernel) {
    Scenario calls =
        Scenario.read("calls", new ByteArrayInputStream(CALLS.getBytes(StandardCharsets.UTF_8)));
    long begin = System.nanoTime();
    Exploration exploration =
        Exploring.explore(calls, kernel.parts, Bounds.upTo(5000).exhaustive());
    return new Verdict(
        "explorer",
        kernel,
        exploration.violations().isEmpty(),
        exploration.coverage().schedules(),
        (System.nanoTime() - begin) / 1e9);
  }

  private static Verdict check(Kernel kernel) {
    long before = CountingVerifier.count();
    long begin = System.nanoTime();
    boolean holds = true;
    try {
      new ModelCheckingOptions()
          .iterations(10)
          .invocationsPerIteration(250)
          .threads(2)
          .actorsPerThread(3)
          .actorsBefore(1)
          .actorsAfter(1)
          .minimizeFailedScenario(false)
          .sequentialSpecification(RegistryProtocol.Sequential.class)
          .verifier(CountingVerifier.class)
          .check(kernel.protocol);
    } catch (LincheckAssertionError broken) {
      holds = false;
    }
    return new Verdict(
        "Lincheck",
        kernel,
        holds,
        CountingVerifier.count() - before,
        (System.nanoTime() - begin) / 1e9);
  }
}
