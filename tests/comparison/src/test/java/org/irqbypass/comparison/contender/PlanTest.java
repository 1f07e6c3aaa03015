package org.irqbypass.comparison.contender;

import static com.google.common.truth.Truth.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.irqbypass.scenario.Execution;
import org.irqbypass.scenario.Scenario;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Where explicit contenders make which calls, on scenarios of a few steps. */
class PlanTest {
  private static final String HEAD =
      """
      name: small
      platform: x86-posted
      devices: {nic: {intx: 1, msi: 0, msix: 2, err: 1, req: 1, reset: true}}
      steps:
        - vmm:
            - vm.new vm=v0
            - vm.irqchip vm=v0
            - vm.vcpu vm=v0 vcpu=0
            - vm.vcpu vm=v0 vcpu=1
        - guest:
            - kvm.lapic_setup vm=v0 vcpu=0
            - kvm.lapic_setup vm=v0 vcpu=1
            - guest.enter vm=v0 vcpu=0
            - guest.enter vm=v0 vcpu=1
        - vmm:
            - dev.open dev=nic
            - ef.new fd=e0
      """;
  private static final String ROUTE = "      - kvm.routing vm=v0 entries=msi:24:0xfee00000:0x41\n";
  private static final String MOVED = "      - kvm.routing vm=v0 entries=msi:24:0xfee01000:0x51\n";
  private static final String IRQFD = "      - kvm.irqfd vm=v0 fd=e0 gsi=24\n";
  private static final String DEASSIGN = "      - kvm.irqfd vm=v0 fd=e0 gsi=24 flags=DEASSIGN\n";
  private static final String SET_IRQS =
      "      - vfio.set_irqs dev=nic index=MSIX flags=DATA_EVENTFD|ACTION_TRIGGER start=0 count=1"
          + " fds=e0\n";
  private static final String RAISE = "  - device: irq.raise dev=nic index=MSIX vector=0\n";
  private static final String RUN =
      "  - guest:\n      - guest.run vm=v0 vcpu=0\n      - guest.run vm=v0 vcpu=1\n";
  private static final String VMM = "  - vmm:\n";
  private static final String TEARDOWN = "      - teardown\n";

  private static Trial run(Contender contender, String... steps) {
    String yaml = HEAD + String.join("", steps);
    return TrialRunner.run(
        Scenario.read(
            "small.yaml", new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8))),
        contender);
  }

  /** The calls from the opening of the device on, in short; those only for forwarding with +. */
  private static List<String> calls(Trial trial) {
    List<String> calls = new ArrayList<>();
    for (Execution.Step step : trial.execution().steps()) {
      boolean forwarding = trial.notes().get(step.index()).forwarding();
      String name = step.operation().name();
      if (forwarding) {
        String attribute = step.operation().text("attr", "");
        calls.add("+" + (attribute.isEmpty() ? name : attribute));
      } else if (name.startsWith("vfio.") || name.startsWith("kvm.i") || name.startsWith("kvm.r")) {
        calls.add(name);
      } else if (name.equals("teardown")) {
        calls.add(name);
      }
    }
    return calls;
  }

  @Test
  @DisplayName("advised: before SET_IRQS, where the guest's interrupt can be named by then")
  void advisedBeforeSignalling() {
    Trial trial = run(Contender.EXPLICIT_ADVISED, ROUTE, SET_IRQS, IRQFD, TEARDOWN);
    assertThat(calls(trial))
        .containsExactly(
            "kvm.routing",
            "+kv.create",
            "+ADD",
            "+FORWARD",
            "vfio.set_irqs",
            "kvm.irqfd",
            "+UNFORWARD",
            "teardown")
        .inOrder();
    assertThat(trial.account().forwardingCalls()).isEqualTo(4);
  }

  @Test
  @DisplayName("advised: as soon as the guest's interrupt can be named, where it cannot before")
  void advisedWhenRouteAppears() {
    assertThat(calls(run(Contender.EXPLICIT_ADVISED, SET_IRQS, ROUTE, IRQFD, TEARDOWN)))
        .containsExactly(
            "vfio.set_irqs",
            "kvm.routing",
            "+kv.create",
            "+ADD",
            "+FORWARD",
            "kvm.irqfd",
            "+UNFORWARD",
            "teardown")
        .inOrder();
  }

  @Test
  @DisplayName("late: after the call that completes what automatic-linux pairs")
  void lateAfterBothEnds() {
    assertThat(calls(run(Contender.EXPLICIT_LATE, ROUTE, IRQFD, SET_IRQS, TEARDOWN)))
        .containsExactly(
            "kvm.routing",
            "kvm.irqfd",
            "vfio.set_irqs",
            "+kv.create",
            "+ADD",
            "+FORWARD",
            "+UNFORWARD",
            "teardown")
        .inOrder();
  }

  @Test
  @DisplayName("both: asked again for each pairing made again")
  void madeAgain() {
    Trial trial = run(Contender.EXPLICIT_LATE, ROUTE, IRQFD, SET_IRQS, DEASSIGN, IRQFD, TEARDOWN);
    assertThat(calls(trial).stream().filter(c -> c.equals("+FORWARD")).count()).isEqualTo(2);
    assertThat(calls(trial).stream().filter(c -> c.equals("+UNFORWARD")).count()).isEqualTo(2);
  }

  @Test
  @DisplayName("both: re-issued after a route is changed under a live pairing, and only then")
  void reissued() {
    for (Contender contender : List.of(Contender.EXPLICIT_ADVISED, Contender.EXPLICIT_LATE)) {
      Trial trial = run(contender, ROUTE, IRQFD, SET_IRQS, ROUTE, MOVED, RAISE, RUN, VMM, TEARDOWN);
      List<String> calls = calls(trial);
      assertThat(calls.stream().filter(c -> c.equals("+FORWARD")).count()).isEqualTo(2);
      assertThat(calls.lastIndexOf("+FORWARD")).isEqualTo(calls.lastIndexOf("kvm.routing") + 1);
      assertThat(trial.account().misdirected()).isEqualTo(0);
      assertThat(trial.account().delivered()).isEqualTo(1);
    }
  }

  @Test
  @DisplayName("automatic contenders add nothing")
  void automaticAddsNothing() {
    assertThat(calls(run(Contender.AUTOMATIC_LINUX, ROUTE, IRQFD, SET_IRQS, TEARDOWN)))
        .containsExactly("kvm.routing", "kvm.irqfd", "vfio.set_irqs", "teardown")
        .inOrder();
  }

  @Test
  @DisplayName("what was forwarded ahead of a teardown still arrives")
  void pendingAtTeardown() {
    for (Contender contender : Contender.values()) {
      Trial trial =
          run(contender, ROUTE, IRQFD, SET_IRQS, RAISE, VMM, DEASSIGN, RUN, VMM, TEARDOWN);
      assertThat(trial.account().delivered()).isEqualTo(1);
      assertThat(trial.account().bypassed()).isEqualTo(1);
      assertThat(trial.account().lost()).isEqualTo(0);
    }
  }
}
