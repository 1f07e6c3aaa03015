package org.irqbypass.comparison.contender;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import java.util.List;
import java.util.stream.Stream;
import org.irqbypass.comparison.account.Account;
import org.irqbypass.comparison.account.InterruptAccount;
import org.irqbypass.comparison.catalogue.Catalogue;
import org.irqbypass.scenario.Execution;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What must come out of the models when contenders run what is bundled. */
class BundledOutcomesTest {
  private static Trial trial(String name, Contender contender) {
    return TrialRunner.run(Catalogue.load(name).scenario(), contender);
  }

  private static Account account(String name, Contender contender) {
    return trial(name, contender).account();
  }

  private static List<InterruptAccount> messages(Account account) {
    return account.interrupts().stream()
        .filter(interrupt -> interrupt.interrupt().index().equals("MSIX"))
        .toList();
  }

  static Stream<Arguments> everything() {
    return Catalogue.all().stream()
        .flatMap(name -> Stream.of(Contender.values()).map(who -> Arguments.of(name, who)));
  }

  @ParameterizedTest(name = "{0}, {1}")
  @MethodSource("everything")
  @DisplayName("no contender loses or duplicates an interrupt, and every raise is accounted for")
  void nothingLost(String name, Contender contender) {
    Account account = account(name, contender);
    assertThat(account.lost()).isEqualTo(0);
    assertThat(account.duplicated()).isEqualTo(0);
    assertThat(account.raised()).isGreaterThan(0);
    for (InterruptAccount interrupt : account.interrupts()) {
      if (!interrupt.level()) {
        assertWithMessage("%s", interrupt)
            .that(interrupt.raised())
            .isEqualTo(
                interrupt.untriggered()
                    + interrupt.coalesced()
                    + interrupt.masked()
                    + interrupt.delivered());
      }
    }
  }

  @ParameterizedTest(name = "{0}, {1}")
  @MethodSource("everything")
  @DisplayName(
      "only a move of the guest misdirects any: under explicit forwarding, and under a known defect")
  void misdirected(String name, Contender contender) {
    boolean moves = name.equals("guest-moves-vectors") && contender.isExplicit();
    boolean stale = name.equals("stale-vlpi") && !contender.isExplicit();
    assertThat(account(name, contender).misdirected()).isEqualTo(moves ? 8 : stale ? 5 : 0);
  }

  @ParameterizedTest
  @MethodSource("contenders")
  @DisplayName("moved-vlpi: an interrupt whose irqfd is gone reaches no guest; on 6.1 it does")
  void goneIrqfd(Contender contender) {
    assertThat(account("moved-vlpi", contender).delivered()).isEqualTo(10);
    assertThat(account("stale-vlpi", contender).delivered())
        .isEqualTo(contender.isExplicit() ? 10 : 13);
  }

  @ParameterizedTest
  @MethodSource("contenders")
  @DisplayName("gicv4-discard: mapped again by the guest, an interrupt stays with the host, untold")
  void discarded(Contender contender) {
    Account account = account("gicv4-discard", contender);
    assertThat(account.delivered()).isEqualTo(account.raised());
    assertThat(account.raised() - account.bypassed()).isEqualTo(5);
    assertThat(account.failuresTold() + account.failuresUntold()).isEqualTo(0);
  }

  @Test
  @DisplayName("guest-moves-vectors: asking again costs a call for each move of each vector")
  void movesCostCalls() {
    assertThat(account("guest-moves-vectors", Contender.AUTOMATIC_LINUX).forwardingCalls())
        .isEqualTo(0);
    assertThat(account("guest-moves-vectors", Contender.EXPLICIT_ADVISED).forwardingCalls())
        .isAtLeast(2 * 8);
  }

  @ParameterizedTest
  @MethodSource("contenders")
  @DisplayName("unpostable-route: two go through the host, and all others are posted again")
  void unpostable(Contender contender) {
    Account account = account("unpostable-route", contender);
    assertThat(account.raised() - account.bypassed()).isEqualTo(2);
    assertThat(account.delivered()).isEqualTo(account.raised());
  }

  static Stream<Contender> contenders() {
    return Stream.of(Contender.values());
  }

  @ParameterizedTest
  @MethodSource("contenders")
  @DisplayName("two-vms-one-eventfd: the second machine is told, and the first one goes on")
  void oneEventfd(Contender contender) {
    Account account = account("two-vms-one-eventfd", contender);
    assertThat(account.otherErrors()).isEqualTo(1);
    assertThat(account.delivered()).isEqualTo(9);
    assertThat(account.bypassed()).isEqualTo(9);
  }

  @ParameterizedTest
  @MethodSource("contenders")
  @DisplayName("intx-resample: each delivery is a kick and a trapped end, and nothing is bypassed")
  void intx(Contender contender) {
    Account account = account("intx-resample", contender);
    assertThat(account.bypassed()).isEqualTo(0);
    assertThat(account.exits().kick()).isEqualTo(account.delivered());
    assertThat(account.exits().eoiTrap()).isEqualTo(account.delivered());
  }

  @ParameterizedTest
  @MethodSource("contenders")
  @DisplayName(
      "storm: a line that stays high fires again after each completion, forwarded, untrapped")
  void stormOfOneLine(Contender contender) {
    Account account = account("storm", contender);
    assertThat(account.raised()).isEqualTo(1);
    assertThat(account.delivered()).isEqualTo(201);
    assertThat(account.exits().eoiTrap() + account.exits().maintenance()).isEqualTo(0);
  }

  @ParameterizedTest
  @MethodSource("contenders")
  @DisplayName("unforward-in-flight: whatever goes while the guest has it, it is completed once")
  void inFlight(Contender contender) {
    Account account = account("unforward-in-flight", contender);
    assertThat(account.delivered()).isEqualTo(account.raised());
  }

  @ParameterizedTest
  @CsvSource({"EXPLICIT_ADVISED", "AUTOMATIC_LINUX"})
  @DisplayName("blocked-vcpu-wakeup: each interrupt for one that sleeps is a wake-up and no exit")
  void wakeUps(Contender contender) {
    Account account = account("blocked-vcpu-wakeup", contender);
    assertThat(account.wakeUps()).isEqualTo(12);
    assertThat(account.exits().total()).isEqualTo(0);
    assertThat(account.bypassed()).isEqualTo(account.raised());
    assertThat(account.coalesced()).isEqualTo(5);
  }

  @ParameterizedTest
  @CsvSource({"AUTOMATIC_LINUX", "AUTOMATIC_RETRY"})
  @DisplayName("nic-msix-boot: the registry posts every enabled vector without a forwarding call")
  void automaticPostsAll(Contender contender) {
    Account account = account("nic-msix-boot", contender);
    assertThat(account.forwardingCalls()).isEqualTo(0);
    assertThat(messages(account)).hasSize(4);
    assertThat(messages(account).stream().allMatch(InterruptAccount::bypassedAtEnd)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"EXPLICIT_ADVISED", "EXPLICIT_LATE"})
  @DisplayName(
      "nic-msix-boot: so do the explicit contenders, with a call for each pairing made and undone")
  void explicitPostsAll(Contender contender) {
    Account account = account("nic-msix-boot", contender);
    // 1 + 2 + 3 + 4 pairings while the vectors grow, and one for each of the two moved.
    assertThat(account.forwardingCalls()).isEqualTo(2 * 12);
    assertThat(account.eagain()).isEqualTo(0);
    assertThat(messages(account).stream().allMatch(InterruptAccount::bypassedAtEnd)).isTrue();
    assertThat(account.bypassed())
        .isEqualTo(account("nic-msix-boot", Contender.AUTOMATIC_LINUX).bypassed());
  }

  @Test
  @DisplayName("platform-level-irq: explicit-late meets EAGAIN, is told, and asks again")
  void lateRetries() {
    Account account = account("platform-level-irq", Contender.EXPLICIT_LATE);
    assertThat(account.eagain()).isEqualTo(1);
    assertThat(account.failuresTold()).isEqualTo(1);
    assertThat(account.gaveUp()).isEqualTo(0);
    // FORWARD refused, FORWARD, UNFORWARD.
    assertThat(account.forwardingCalls()).isEqualTo(3);
    assertThat(account.interrupts().get(0).bypassedAtEnd()).isTrue();
  }

  @Test
  @DisplayName("platform-level-irq: automatic-linux stays unforwarded and tells nobody")
  void linuxStaysUnforwarded() {
    Account account = account("platform-level-irq", Contender.AUTOMATIC_LINUX);
    assertThat(account.failuresUntold()).isEqualTo(1);
    assertThat(account.failuresTold()).isEqualTo(0);
    assertThat(account.eagain() + account.otherErrors()).isEqualTo(0);
    assertThat(account.bypassed()).isEqualTo(0);
  }

  @Test
  @DisplayName("platform-level-irq: automatic-retry recovers without a call")
  void retryRecovers() {
    Account account = account("platform-level-irq", Contender.AUTOMATIC_RETRY);
    assertThat(account.failuresRetried()).isAtLeast(1);
    assertThat(account.failuresUntold()).isEqualTo(0);
    assertThat(account.forwardingCalls()).isEqualTo(0);
    assertThat(account.interrupts().get(0).bypassedAtEnd()).isTrue();
  }

  @Test
  @DisplayName("platform-level-irq: who asks before signalling is set up is never refused")
  void advisedIsNotRefused() {
    Account account = account("platform-level-irq", Contender.EXPLICIT_ADVISED);
    assertThat(account.eagain() + account.otherErrors()).isEqualTo(0);
    assertThat(account.bypassed()).isEqualTo(account.raised());
  }

  @Test
  @DisplayName("a forwarded completion is no exit: the more is forwarded, the fewer exits")
  void forwardingSavesExits() {
    int linux = account("platform-level-irq", Contender.AUTOMATIC_LINUX).exits().total();
    int retry = account("platform-level-irq", Contender.AUTOMATIC_RETRY).exits().total();
    assertThat(retry).isLessThan(linux);
  }

  /** The numbers of pairings are those that were recorded. */
  @ParameterizedTest
  @CsvSource({"qemu-e1000e-boot,28", "qemu-nvme-boot,15", "qemu-e1000e-unplug,12"})
  @DisplayName("recorded sessions: one FORWARD and one UNFORWARD for each pairing of the recording")
  void recordedSessions(String name, int pairings) {
    for (Contender contender : List.of(Contender.EXPLICIT_ADVISED, Contender.EXPLICIT_LATE)) {
      Trial trial = trial(name, contender);
      assertThat(calls(trial, "FORWARD")).isEqualTo(pairings);
      assertThat(calls(trial, "UNFORWARD")).isEqualTo(pairings);
      assertThat(trial.account().forwardingCalls()).isEqualTo(2 * pairings);
    }
    assertThat(account(name, Contender.AUTOMATIC_LINUX).forwardingCalls()).isEqualTo(0);
  }

  private static long calls(Trial trial, String attribute) {
    return trial.execution().steps().stream()
        .map(Execution.Step::operation)
        .filter(operation -> operation.text("attr", "").equals(attribute))
        .count();
  }

  @ParameterizedTest
  @CsvSource({"qemu-e1000e-boot,98,98", "qemu-nvme-boot,246,246", "qemu-e1000e-unplug,113,98"})
  @DisplayName("recorded sessions: as many interrupts arrive and enter the guest as were recorded")
  void recordedInterrupts(String name, int raised, int delivered) {
    Account account = account(name, Contender.AUTOMATIC_LINUX);
    assertThat(messages(account).stream().mapToInt(InterruptAccount::raised).sum())
        .isEqualTo(raised);
    assertThat(account.delivered()).isEqualTo(delivered);
    assertThat(messages(account).stream().mapToInt(InterruptAccount::bypassed).sum())
        .isEqualTo(raised);
  }

  @Test
  @DisplayName("explicit contenders leave every call of the scenario in place and in order")
  void scenarioIsKept() {
    for (Contender contender : Contender.values()) {
      Trial trial = trial("nic-msix-boot", contender);
      List<String> own =
          trial.execution().steps().stream()
              .filter(step -> !trial.notes().get(step.index()).forwarding())
              .map(step -> step.operation().toText())
              .toList();
      List<String> scenario =
          Catalogue.load("nic-msix-boot").scenario().steps().stream()
              .map(step -> step.operation().toText())
              .toList();
      assertThat(own).isEqualTo(scenario);
    }
  }
}
