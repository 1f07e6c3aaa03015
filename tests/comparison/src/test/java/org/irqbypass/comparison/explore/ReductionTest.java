package org.irqbypass.comparison.explore;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import com.google.common.collect.ImmutableList;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.scenario.Scenario;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What is not played does not matter: endings, and how many orders come to each, are the same
 * whether states are recognized and steps change places, or every order is played on its own. A
 * state that leaves out what decides how a run goes on would show here.
 */
class ReductionTest {
  /** A scenario of more orders is not played in each of them. */
  private static final int MOST_ORDERS = 600;

  private static final ImmutableList<String> CARD_STEPS =
      ImmutableList.of(
          Orders.BIND,
          Orders.BIND + " flags=DEASSIGN",
          Orders.TRIGGER,
          "vmm: vfio.set_irqs dev=nic index=MSIX flags=DATA_NONE|ACTION_TRIGGER start=0 count=0",
          "vmm: kvm.routing vm=v0 entries=msi:24:0xfee00000:0x42",
          "vmm: kvm.routing vm=v0 entries=msi:24:0x08090040:0x42",
          "vmm: ef.write fd=e0",
          "vmm: ef.read fd=e0",
          Orders.RAISE,
          Orders.RUN,
          "guest: guest.take vm=v0 vcpu=0",
          "guest: guest.leave vm=v0 vcpu=0",
          "guest: guest.enter vm=v0 vcpu=0",
          "guest: guest.block vm=v0 vcpu=0",
          "host: guest.load vm=v0 vcpu=0 cpu=2",
          "host: guest.put vm=v0 vcpu=0");

  private static final ImmutableList<String> PORT_STEPS =
      ImmutableList.of(
          "vmm: kvm.irqfd vm=v0 fd=trigger gsi=8 flags=RESAMPLE resamplefd=resample",
          "vmm: kvm.irqfd vm=v0 fd=trigger gsi=8 flags=DEASSIGN",
          "vmm: vfio.set_irqs dev=uart index=0 flags=DATA_EVENTFD|ACTION_UNMASK start=0 count=1"
              + " fds=resample",
          "vmm: vfio.set_irqs dev=uart index=0 flags=DATA_EVENTFD|ACTION_TRIGGER start=0 count=1"
              + " fds=trigger",
          "vmm: vfio.set_irqs dev=uart index=0 flags=DATA_NONE|ACTION_TRIGGER start=0 count=0",
          "vmm: vfio.set_irqs dev=uart index=0 flags=DATA_NONE|ACTION_MASK start=0 count=1",
          "vmm1: vfio.set_irqs dev=uart index=0 flags=DATA_NONE|ACTION_UNMASK start=0 count=1",
          "device: irq.raise dev=uart index=0 level=1",
          "device: irq.raise dev=uart index=0 level=0",
          "guest: guest.take vm=v0 vcpu=0",
          "guest: guest.end vm=v0 vcpu=0");

  @Provide
  Arbitrary<List<String>> cardSteps() {
    List<String> steps = new ArrayList<>(CARD_STEPS);
    CARD_STEPS.forEach(step -> steps.add(Orders.second(step)));
    return Arbitraries.of(steps).list().ofMinSize(1).ofMaxSize(3);
  }

  @Provide
  Arbitrary<List<String>> portSteps() {
    return Arbitraries.of(PORT_STEPS).list().ofMinSize(1).ofMaxSize(3);
  }

  @Property(tries = 4, shrinking = ShrinkingMode.BOUNDED)
  void messagesOfAnyOrder(@ForAll("cardSteps") List<String> steps) {
    List<String> all = new ArrayList<>(List.of(Orders.TRIGGER, Orders.BIND, Orders.RAISE));
    all.addAll(steps);
    assertNothingChanges(Orders.cards(all.toArray(new String[0])), -1);
  }

  @Property(tries = 4, shrinking = ShrinkingMode.BOUNDED)
  void linesOfAnyOrder(@ForAll("portSteps") List<String> steps) {
    List<String> all = new ArrayList<>(PORT_STEPS.subList(0, 1));
    all.addAll(PORT_STEPS.subList(2, 4));
    all.add(PORT_STEPS.get(7));
    all.addAll(steps);
    assertNothingChanges(Orders.port("arm64-gicv3", all), -1);
  }

  @Test
  @DisplayName("two VMM threads set up the two ends of a vector while it is raised")
  void twoThreads() {
    Scenario scenario =
        Orders.cards(
            Orders.BIND,
            Orders.TRIGGER.replace("vmm:", "vmm1:"),
            Orders.RAISE,
            Orders.RUN,
            "vmm: kvm.routing vm=v0 entries=msi:24:0xfee00000:0x42");
    assertNothingChanges(scenario, -1);
    assertNothingChanges(scenario, 1);
  }

  @Test
  @DisplayName("machines that have nothing to do with each other defer work at the same time")
  void independentWork() {
    assertNothingChanges(
        Orders.cards(
            "vmm: ef.write fd=e0",
            Orders.BIND,
            Orders.second("vmm: ef.write fd=e0"),
            Orders.second(Orders.BIND)),
        -1);
  }

  @Test
  @DisplayName("machines that have nothing to do with each other, with few interruptions")
  void independentAndBounded() {
    Scenario scenario =
        Orders.cards(
            Orders.BIND,
            Orders.TRIGGER,
            Orders.second(Orders.BIND),
            Orders.second(Orders.TRIGGER),
            Orders.RAISE);
    for (int preemptions = 0; preemptions < 3; preemptions++) {
      assertNothingChanges(scenario, preemptions);
    }
  }

  private static void assertNothingChanges(Scenario scenario, int preemptions) {
    for (Contender contender : Contender.values()) {
      Bounds counting = Orders.with(true, true, preemptions);
      BigInteger orders = Orders.explore(scenario, contender, counting).census().orders();
      if (orders.compareTo(BigInteger.valueOf(MOST_ORDERS)) > 0) {
        continue;
      }
      Exploration all = Orders.explore(scenario, contender, Orders.with(false, false, preemptions));
      for (boolean reduced : new boolean[] {false, true}) {
        for (boolean merged : new boolean[] {false, true}) {
          Exploration other =
              Orders.explore(scenario, contender, Orders.with(reduced, merged, preemptions));
          assertWithMessage("%s, reduced %s, merged %s", contender, reduced, merged)
              .that(other.census())
              .isEqualTo(all.census());
          assertThat(violated(other)).isEqualTo(violated(all));
          assertReplayed(Plot.of(scenario, contender, Promises.bundled()), other);
        }
      }
    }
  }

  private static ImmutableList<String> violated(Exploration exploration) {
    return exploration.violations().stream()
        .map(each -> each.property() + " after " + each.lines().size())
        .collect(ImmutableList.toImmutableList());
  }

  /** What is shown is so when it is played. */
  private static void assertReplayed(Plot plot, Exploration exploration) {
    for (Counterexample each : exploration.violations()) {
      assertThat(Telling.replay(plot, Schedule.parse(each.schedule())).violations())
          .contains(each.property() + ": " + each.what());
    }
    for (Counterexample each : exploration.differences()) {
      Telling.Replayed replayed = Telling.replay(plot, Schedule.parse(each.schedule()));
      assertThat(each.what())
          .isEqualTo(Telling.forwarding(replayed.ending().forwarding()) + ", whatever comes next");
    }
  }
}
