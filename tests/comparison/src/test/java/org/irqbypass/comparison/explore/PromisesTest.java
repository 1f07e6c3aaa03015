package org.irqbypass.comparison.explore;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.ImmutableSetMultimap;
import com.google.common.collect.Sets;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.irqbypass.comparison.catalogue.Catalogue;
import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.scenario.HostOptions;
import org.irqbypass.scenario.HostParts;
import org.irqbypass.scenario.Scenario;
import org.irqbypass.scenario.SimulatedHost;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Each promise is found broken where it is, and nowhere else. */
class PromisesTest {
  /** What Linux itself breaks in orders of the bundled scenarios. */
  private static final ImmutableSetMultimap<String, String> LINUX_BREAKS =
      ImmutableSetMultimap.<String, String>builder()
          .put("intx-resample", "nothing-twice")
          .put("moved-vlpi", "nothing-lost")
          .put("stale-vlpi", "nothing-lost")
          .put("stale-vlpi", "bypass-as-said") // as Linux 6.1 did it
          .build();

  private static final Bounds FEW = new Bounds(150, 0, -1, true, true, 20, 1, 2);

  private static Set<String> broken(Exploration found) {
    return found.violations().stream().map(Counterexample::property).collect(Collectors.toSet());
  }

  private static Set<String> broken(Scenario scenario, Contender contender, HostParts parts) {
    HostOptions options = contender.hostFor(scenario);
    Plot plot =
        Plot.of(
            scenario, contender, Promises.bundled(), () -> SimulatedHost.create(options, parts));
    return broken(Orders.explore(plot, Orders.everything()));
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("a host with a broken part breaks its promise, and a healthy one none")
  void brokenPartsAreFound(BrokenHost host) {
    assertThat(broken(host.scenario(), host.contender(), host)).contains(host.breaks());
    assertThat(broken(host.scenario(), host.contender(), HostParts.LINUX)).isEmpty();
  }

  @Test
  @DisplayName("together they break every promise")
  void everyPromiseCanBeBroken() {
    Set<String> breakable = new HashSet<>();
    for (BrokenHost host : BrokenHost.values()) {
      breakable.add(host.breaks());
    }
    assertThat(breakable)
        .containsExactlyElementsIn(
            Promises.bundled().stream().map(Property::name).collect(Collectors.toSet()));
  }

  @ParameterizedTest
  @CsvSource({
    "intx-resample, AUTOMATIC_LINUX, nothing-twice",
    "moved-vlpi, EXPLICIT_ADVISED, nothing-lost",
    "stale-vlpi, AUTOMATIC_LINUX, bypass-as-said"
  })
  @DisplayName("what Linux itself breaks is found")
  void linuxBreaksSome(String scenario, Contender contender, String property) {
    assertThat(broken(Orders.explore(Orders.bundled(scenario), contender, FEW))).contains(property);
  }

  @Test
  @DisplayName("a resample eventfd that is signalled while the guest has the line is too early")
  void resampleTooEarly() {
    ImmutableList<String> steps =
        ImmutableList.of(
            "vmm: kvm.routing vm=v0 entries=irqchip:11:2:11",
            "guest: kvm.ioapic_pin vm=v0 pin=11 vector=0x61 level=1 mask=0",
            "vmm: ef.new fd=r0",
            "vmm: vfio.set_irqs dev=nic index=INTX flags=DATA_EVENTFD|ACTION_TRIGGER start=0"
                + " count=1 fds=e0",
            "vmm: kvm.irqfd vm=v0 fd=e0 gsi=11 flags=RESAMPLE resamplefd=r0",
            "vmm: vfio.set_irqs dev=nic index=INTX flags=DATA_EVENTFD|ACTION_UNMASK start=0"
                + " count=1 fds=r0",
            "device: irq.raise dev=nic index=INTX level=1",
            "guest: guest.take vm=v0 vcpu=0",
            "device: irq.raise dev=nic index=INTX level=0",
            "guest: guest.end vm=v0 vcpu=0");
    assertThat(brokenCards(steps)).doesNotContain("completed-once");
    ImmutableList<String> meddling =
        ImmutableList.<String>builder().addAll(steps).add("vmm2: ef.write fd=r0").build();
    assertThat(brokenCards(meddling)).contains("completed-once");
  }

  private static Set<String> brokenCards(ImmutableList<String> steps) {
    return broken(
        Orders.cards(steps.toArray(String[]::new)), Contender.AUTOMATIC_LINUX, HostParts.LINUX);
  }

  @Test
  @DisplayName("a route that leads away and back while the guest has the line completes it once")
  void routeAwayAndBack() {
    ImmutableList<String> steps =
        ImmutableList.<String>builder()
            .addAll(BrokenHost.portServed())
            .add("vmm: kvm.routing vm=v0 entries=irqchip:8:0:9")
            .add("vmm: kvm.routing vm=v0 entries=irqchip:8:0:8")
            .build();
    Set<String> broken =
        broken(Orders.port("arm64-gicv3", steps), Contender.AUTOMATIC_LINUX, HostParts.LINUX);
    // The guest does not listen on pin 9: what comes there makes no progress.
    assertThat(Sets.difference(broken, ImmutableSet.of("lines-progress"))).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("the bundled scenarios break no promise but those that Linux itself breaks")
  void bundledScenariosHold(Contender contender) {
    Bounds bounds = new Bounds(15, 0, -1, true, true, 0, 1, 2);
    for (String name : Catalogue.scenarios()) {
      Set<String> others =
          Sets.difference(
              broken(Orders.explore(Orders.bundled(name), contender, bounds)),
              ImmutableSet.copyOf(LINUX_BREAKS.get(name)));
      assertWithMessage("%s, %s", name, contender).that(others).isEmpty();
    }
  }
}
