package org.irqbypass.scenario;

import static com.google.common.truth.Truth.assertThat;
import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import org.irqbypass.kvm.VcpuEvent;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.registry.RegistryEvent;
import org.irqbypass.trace.TraceEvent;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One small scenario on each platform, from its file to the guest. */
class BundledHostsTest {
  @ParameterizedTest
  @ValueSource(
      strings = {"x86-remapped", "x86-posted", "arm64-gicv2", "arm64-gicv3", "arm64-gicv4"})
  void everyInterruptReachesTheGuest(String name) {
    Execution execution = run(name, ConnectPolicy.OPPORTUNISTIC);
    for (Execution.Step step : execution.steps()) {
      assertThat(step.outcome().succeeded()).isTrue();
      if (step.operation().name().equals("guest.take")) {
        assertThat(step.outcome().out()).containsKey("vector");
        assertThat(step.phase()).isEqualTo("traffic");
        assertThat(step.actor()).isEqualTo("guest");
      }
    }
    assertThat(events(execution, VcpuEvent.Take.class)).hasSize(3);
    assertThat(events(execution, VcpuEvent.End.class)).hasSize(3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"x86-posted", "arm64-gicv2", "arm64-gicv3", "arm64-gicv4"})
  void whatIsBypassedCostsNoExit(String name) {
    Execution automatic = run(name, ConnectPolicy.OPPORTUNISTIC);
    assertThat(events(automatic, RegistryEvent.Connected.class)).hasSize(1);
    Execution without = run(name, ConnectPolicy.DISABLED);
    assertThat(events(without, RegistryEvent.Connected.class)).isEmpty();
    assertThat(events(automatic, VcpuEvent.Exit.class).size())
        .isLessThan(events(without, VcpuEvent.Exit.class).size());
  }

  private static Execution run(String name, ConnectPolicy policy) {
    String file = name + ".yaml";
    Scenario scenario =
        Scenario.read(file, requireNonNull(BundledHostsTest.class.getResourceAsStream(file), file));
    SimulatedHost host = SimulatedHost.create(HostOptions.of(scenario).withAutomatic(policy));
    Execution execution = new Runner(host).run(scenario);
    assertThat(host.descriptorTable().open()).isEqualTo(0);
    return execution;
  }

  private static <T extends TraceEvent> ImmutableList<T> events(
      Execution execution, Class<T> kind) {
    return execution.steps().stream()
        .flatMap(step -> step.outcome().events().stream())
        .filter(kind::isInstance)
        .map(kind::cast)
        .collect(ImmutableList.toImmutableList());
  }
}
