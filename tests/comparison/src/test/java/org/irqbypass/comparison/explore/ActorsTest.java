package org.irqbypass.comparison.explore;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.scenario.Scenario;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever actors are called, and whoever of them makes the VMM's calls. */
class ActorsTest {
  @ParameterizedTest
  @ValueSource(strings = {"vmm", "vmm1", "vmm-hotplug", "vmm-retry"})
  @DisplayName("an explicit VMM forwards, whatever its only thread is called")
  void threadsOfAnyName(String vmm) {
    Scenario scenario =
        Orders.cards(
            Orders.BIND.replace("vmm:", vmm + ":"), Orders.TRIGGER.replace("vmm:", vmm + ":"));
    for (Contender contender : Contender.values()) {
      Exploration found = Orders.explore(scenario, contender, Orders.everything());
      assertWithMessage(contender.toString())
          .that(found.census().orders(Ending.Extent.FULLY))
          .isEqualTo(java.math.BigInteger.ONE);
      assertThat(found.census().orders()).isEqualTo(java.math.BigInteger.ONE);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Contender.class,
      names = {"EXPLICIT_LATE", "EXPLICIT_ADVISED"})
  @DisplayName("a thread does not go on before the calls that its own steps ask for")
  void callsComeInTheirTurn(Contender contender) {
    Scenario scenario =
        Orders.cards(
            "vmm: ef.write fd=e1",
            Orders.BIND.replace("vmm:", "vmm1:"),
            Orders.TRIGGER.replace("vmm:", "vmm1:"),
            "vmm1: ef.write fd=e0");
    Exploration found = Orders.explore(scenario, contender, Orders.everything());
    assertThat(found.census().isConfluent()).isTrue();
    assertThat(found.census().orders(Ending.Extent.FULLY)).isEqualTo(found.census().orders());
    assertThat(found.census().most(Ending::slow)).isEqualTo(0);
  }

  @Test
  @DisplayName("an actor may have the name of what the explorer itself moves")
  void namesOfTheExplorersOwn() {
    Scenario scenario =
        Orders.read(
            String.format(Orders.PORT, "arm64-gicv3")
                + """
                  - vmm-retry:
                      - kvm.irqfd vm=v0 fd=trigger gsi=8 flags=RESAMPLE resamplefd=resample
                  - device: irq.raise dev=uart index=0 level=1
                  - vmm-retry:
                      - vfio.set_irqs dev=uart index=0 flags=DATA_EVENTFD|ACTION_UNMASK start=0 count=1 fds=resample
                      - vfio.set_irqs dev=uart index=0 flags=DATA_EVENTFD|ACTION_TRIGGER start=0 count=1 fds=trigger
                      - vfio.set_irqs dev=uart index=0 flags=DATA_NONE|ACTION_UNMASK start=0 count=1
                  - guest:
                      - guest.take vm=v0 vcpu=0
                      - guest.end vm=v0 vcpu=0
                  - mark: closed
                  - vmm: teardown
                """);
    for (Contender contender : Contender.values()) {
      assertThat(Orders.explore(scenario, contender, Orders.everything()).coverage().complete())
          .isTrue();
    }
  }
}
