package org.irqbypass.comparison.contender;

import static com.google.common.truth.Truth.assertThat;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import org.irqbypass.comparison.account.Account;
import org.irqbypass.scenario.Scenario;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What must come out where messages are delivered as virtual LPIs. */
class VirtualLpiOutcomesTest {
  /** Three interrupts, a change of the guest's message, three more. */
  private static final String MOVES =
      """
      name: moves
      platform: PLATFORM
      devices:
        nic: { intx: 1, msi: 0, msix: 4, err: 1, req: 1, reset: true }
      steps:
        - vmm:
            - vm.new vm=v0
            - vm.vgic vm=v0 vcpus=1
        - guest:
            - its.cmd vm=v0 cmd=MAPD devid=32
            - its.cmd vm=v0 cmd=MAPTI devid=32 event=0 lpi=8192
            - its.cmd vm=v0 cmd=MAPTI devid=32 event=1 lpi=8193
        - vmm:
            - kvm.routing vm=v0 entries=msi:24:0x08090040:0:0:1:32
            - dev.open dev=nic
            - ef.new fd=e0
            - vfio.set_irqs dev=nic index=MSIX flags=DATA_EVENTFD|ACTION_TRIGGER start=0 count=1 fds=e0
            - kvm.irqfd vm=v0 fd=e0 gsi=24
        - guest: guest.enter vm=v0 vcpu=0
        - repeat: 3
          steps:
            - device: irq.raise dev=nic index=MSIX vector=0
            - guest: guest.take vm=v0 vcpu=0
            - guest: guest.end vm=v0 vcpu=0
        - vmm: kvm.routing vm=v0 entries=msi:24:0x08090040:1:0:1:32
        - repeat: 3
          steps:
            - device: irq.raise dev=nic index=MSIX vector=0
            - guest: guest.take vm=v0 vcpu=0
            - guest: guest.end vm=v0 vcpu=0
        - vmm: teardown
      """;

  private static Account account(String platform, Contender contender) {
    Scenario scenario =
        Scenario.read(
            "moves.yaml",
            new ByteArrayInputStream(MOVES.replace("PLATFORM", platform).getBytes(UTF_8)));
    return TrialRunner.run(scenario, contender).account();
  }

  @Test
  @DisplayName("the registry bypasses until the message changes, then software goes on, with exits")
  void automaticFallsBack() {
    Account account = account("arm64-gicv4", Contender.AUTOMATIC_LINUX);
    assertThat(account.raised()).isEqualTo(6);
    assertThat(account.bypassed()).isEqualTo(3);
    assertThat(account.delivered()).isEqualTo(6);
    assertThat(account.exits().total()).isEqualTo(3);
    assertThat(account.misdirected()).isEqualTo(0);
  }

  @Test
  @DisplayName("who asks again at each change has every interrupt bypassed")
  void explicitFollows() {
    Account account = account("arm64-gicv4", Contender.EXPLICIT_ADVISED);
    assertThat(account.bypassed()).isEqualTo(6);
    assertThat(account.delivered()).isEqualTo(6);
    assertThat(account.exits().total()).isEqualTo(0);
    assertThat(account.forwardingCalls()).isGreaterThan(0);
  }

  @Test
  @DisplayName("without virtual LPIs each message costs an exit")
  void softwareCostsExits() {
    Account account = account("arm64-gicv3", Contender.AUTOMATIC_LINUX);
    assertThat(account.bypassed()).isEqualTo(0);
    assertThat(account.delivered()).isEqualTo(6);
    assertThat(account.exits().total()).isEqualTo(6);
  }
}
