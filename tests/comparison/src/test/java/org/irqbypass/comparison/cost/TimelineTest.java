package org.irqbypass.comparison.cost;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import java.util.stream.Stream;
import org.irqbypass.comparison.account.Account;
import org.irqbypass.comparison.account.Fact;
import org.irqbypass.comparison.account.Way;
import org.irqbypass.comparison.catalogue.Catalogue;
import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.comparison.contender.Trial;
import org.irqbypass.comparison.contender.TrialRunner;
import org.irqbypass.scenario.Operation;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TimelineTest {
  private static final CostModel MODEL = CostModel.defaults();

  private static Trial trial(String name, Contender contender) {
    return TrialRunner.run(Catalogue.load(name).scenario(), contender);
  }

  private static Operation operation(Trial trial, int step) {
    return trial.execution().steps().get(step).operation();
  }

  static Stream<Arguments> everything() {
    return Catalogue.all().stream()
        .flatMap(name -> Stream.of(Contender.values()).map(who -> Arguments.of(name, who)));
  }

  @ParameterizedTest(name = "{0}, {1}")
  @MethodSource("everything")
  @DisplayName("time begins at 0, never goes back, and is the sum of what it was spent on")
  void monotonic(String name, Contender contender) {
    Trial trial = trial(name, contender);
    Timeline timeline = Timeline.of(trial, MODEL);
    int steps = trial.execution().steps().size();
    assertThat(timeline.startOf(0)).isEqualTo(0);
    for (int step = 0; step < steps; step++) {
      assertThat(timeline.endOf(step)).isAtLeast(timeline.startOf(step));
    }
    Prices prices = MODEL.prices(trial.platform());
    Charges charges = timeline.modelled().charges();
    assertThat(timeline.end()).isEqualTo(timeline.endOf(steps - 1));
    assertThat(timeline.end()).isEqualTo(charges.nanos(prices, cost -> true));
    assertThat(timeline.deliveries().stream().allMatch(taken -> taken.latency() >= 0)).isTrue();
    assertThat(timeline.modelled().lowestNanos()).isAtMost(timeline.modelled().nanos());
    assertThat(timeline.modelled().highestNanos()).isAtLeast(timeline.modelled().nanos());
  }

  @ParameterizedTest(name = "{0}, {1}")
  @MethodSource("everything")
  @DisplayName("what time is spent on is what the account counts")
  void agreesWithTheAccount(String name, Contender contender) {
    Trial trial = trial(name, contender);
    Timeline timeline = Timeline.of(trial, MODEL);
    Charges charges = timeline.modelled().charges();
    Account account = trial.account();
    assertThat(charges.count(Cost.CALL)).isEqualTo(account.calls());
    assertThat(charges.count(Cost.EXIT)).isEqualTo(account.exits().kick());
    assertThat(charges.count(Cost.EOI_TRAP))
        .isEqualTo(account.exits().eoiTrap() + account.exits().maintenance());
    assertThat(charges.count(Cost.WAKE_UP)).isEqualTo(account.wakeUps());
    assertThat(timeline.raises()).hasSize(account.raised());
    assertThat(timeline.deliveries().size()).isAtMost(account.delivered());
    assertThat(timeline.windows().stream().mapToInt(Timeline.SlowWindow::raised).sum())
        .isEqualTo(account.window());
  }

  @Test
  @DisplayName(
      "a forwarded line costs what one through the host does, without EOI trap, resample and"
          + " unmask")
  void forwarded() {
    Trial slow = trial("platform-level-irq", Contender.AUTOMATIC_LINUX);
    Trial forwarded = trial("platform-level-irq", Contender.AUTOMATIC_RETRY);
    Timeline slowTime = Timeline.of(slow, MODEL);
    Timeline forwardedTime = Timeline.of(forwarded, MODEL);
    Prices prices = MODEL.prices(slow.platform());
    long saved = prices.of(Cost.EOI_TRAP) + prices.of(Cost.RESAMPLE) + prices.of(Cost.UNMASK);
    int completions = 0;
    for (int step = 0; step < slow.notes().size(); step++) {
      long more =
          slowTime.endOf(step)
              - slowTime.startOf(step)
              - (forwardedTime.endOf(step) - forwardedTime.startOf(step))
              - prices.of(Cost.EXIT) * (kicks(slow, step) - kicks(forwarded, step));
      if (forwarded.notes().get(step).facts().stream().anyMatch(TimelineTest::isBypassed)) {
        assertWithMessage("raise at %s", step).that(more).isEqualTo(0);
      } else if (isTrapped(slow, step) && !isTrapped(forwarded, step)) {
        assertWithMessage("completion at %s", step).that(more).isEqualTo(saved);
        completions++;
      }
    }
    assertThat(completions)
        .isEqualTo(
            slow.account().exits().maintenance() - forwarded.account().exits().maintenance());
    assertThat(completions).isGreaterThan(10);
  }

  /** A vCPU that the pairing has just made leave the guest is not kicked again. */
  private static long kicks(Trial trial, int step) {
    return trial.notes().get(step).facts().stream()
        .filter(
            fact ->
                fact instanceof Fact.Exited exited && exited.reason() == Fact.Exited.Reason.KICK)
        .count();
  }

  private static boolean isBypassed(Fact fact) {
    return fact instanceof Fact.Raised raised && raised.way() == Way.BYPASSED;
  }

  private static boolean isTrapped(Trial trial, int step) {
    return trial.notes().get(step).facts().stream()
        .anyMatch(
            fact ->
                fact instanceof Fact.Exited exited && exited.reason() != Fact.Exited.Reason.KICK);
  }

  @Test
  @DisplayName("posting to a vCPU that runs costs no exit, to one that waits a wake-up")
  void posted() {
    Trial trial = trial("blocked-vcpu-wakeup", Contender.AUTOMATIC_LINUX);
    Timeline timeline = Timeline.of(trial, MODEL);
    Prices prices = MODEL.prices(trial.platform());
    int woken = 0;
    for (int step = 0; step < trial.notes().size(); step++) {
      if (operation(trial, step).name().equals("irq.raise")) {
        boolean wakes =
            trial.notes().get(step).facts().stream().anyMatch(fact -> fact instanceof Fact.WokenUp);
        long expected =
            prices.of(Cost.MOVE) + prices.of(Cost.POSTING) + (wakes ? prices.of(Cost.WAKE_UP) : 0);
        assertThat(timeline.endOf(step) - timeline.startOf(step)).isEqualTo(expected);
        woken += wakes ? 1 : 0;
      }
    }
    assertThat(woken).isEqualTo(trial.account().wakeUps());
    assertThat(woken).isGreaterThan(0);
    assertThat(timeline.modelled().charges().count(Cost.EXIT)).isEqualTo(0);
  }

  @Test
  @DisplayName("the window that nobody was told of stays open to the end, a retried one closes")
  void windows() {
    Timeline linux = Timeline.of(trial("platform-level-irq", Contender.AUTOMATIC_LINUX), MODEL);
    Timeline retry = Timeline.of(trial("platform-level-irq", Contender.AUTOMATIC_RETRY), MODEL);
    assertThat(linux.windows()).hasSize(1);
    assertThat(linux.windows().get(0).closed()).isFalse();
    assertThat(retry.windows()).hasSize(1);
    assertThat(retry.windows().get(0).closed()).isTrue();
    assertThat(retry.windows().get(0).length()).isLessThan(linux.windows().get(0).length());
  }
}
