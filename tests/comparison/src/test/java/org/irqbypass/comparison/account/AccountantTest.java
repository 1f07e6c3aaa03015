package org.irqbypass.comparison.account;

import static com.google.common.truth.Truth.assertThat;

import java.util.List;
import org.irqbypass.comparison.account.Fact.Bypass;
import org.irqbypass.comparison.account.Fact.Called;
import org.irqbypass.comparison.account.Fact.Completed;
import org.irqbypass.comparison.account.Fact.Exited;
import org.irqbypass.comparison.account.Fact.Fired;
import org.irqbypass.comparison.account.Fact.HeldBack;
import org.irqbypass.comparison.account.Fact.Impossible;
import org.irqbypass.comparison.account.Fact.Lowered;
import org.irqbypass.comparison.account.Fact.Possible;
import org.irqbypass.comparison.account.Fact.Raised;
import org.irqbypass.comparison.account.Fact.Reached;
import org.irqbypass.comparison.account.Fact.Refused;
import org.irqbypass.comparison.account.Fact.Taken;
import org.irqbypass.errno.Errno;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The words of the comparison, each against a list of facts made by hand. */
class AccountantTest {
  private static final Interrupt MSI = new Interrupt("nic", "MSIX", 0);
  private static final Interrupt OTHER = new Interrupt("nic", "MSIX", 1);
  private static final Interrupt LINE = new Interrupt("uart", "IRQ", 0);
  private static final Destination HERE = new Destination("v0", 0, 65);
  private static final Destination THERE = new Destination("v0", 1, 65);

  private static Account account(Fact... facts) {
    return Accountant.account(List.of(facts));
  }

  private static Raised raised(Way way) {
    return new Raised(MSI, false, way);
  }

  private static Raised high() {
    return new Raised(LINE, true, Way.HOST);
  }

  private static Reached reached() {
    return new Reached(MSI, HERE, false);
  }

  @Test
  @DisplayName("delivered: the guest takes what was raised")
  void delivered() {
    Account account = account(raised(Way.HOST), reached(), new Taken(HERE), new Completed(HERE));
    assertThat(account.raised()).isEqualTo(1);
    assertThat(account.delivered()).isEqualTo(1);
    assertThat(account.bypassed()).isEqualTo(0);
    assertThat(account.lost() + account.duplicated()).isEqualTo(0);
  }

  @Test
  @DisplayName("lost: raised while triggered and never delivered")
  void lost() {
    assertThat(account(raised(Way.HOST)).lost()).isEqualTo(1);
    assertThat(account(raised(Way.BYPASSED), reached()).lost()).isEqualTo(1);
  }

  @Test
  @DisplayName("not lost: a delivery of the vector starts afterwards")
  void deliveredLater() {
    assertThat(account(raised(Way.HOST), raised(Way.HOST), reached(), new Taken(HERE)).lost())
        .isEqualTo(0);
  }

  @Test
  @DisplayName("coalesced: raised while an earlier one has not been taken")
  void coalesced() {
    Account account =
        account(
            raised(Way.BYPASSED),
            reached(),
            raised(Way.BYPASSED),
            reached(),
            raised(Way.BYPASSED),
            reached(),
            new Taken(HERE));
    assertThat(account.raised()).isEqualTo(3);
    assertThat(account.coalesced()).isEqualTo(2);
    assertThat(account.delivered()).isEqualTo(1);
    assertThat(account.bypassed()).isEqualTo(3);
    assertThat(account.lost()).isEqualTo(0);
  }

  @Test
  @DisplayName(
      "not coalesced: the earlier one was still on its way to where the guest moved it from")
  void deliveredTwiceAfterMove() {
    Account account =
        account(
            raised(Way.BYPASSED),
            reached(),
            raised(Way.BYPASSED),
            new Reached(MSI, THERE, false),
            new Taken(HERE),
            new Taken(THERE));
    assertThat(account.delivered()).isEqualTo(2);
    assertThat(account.coalesced()).isEqualTo(0);
    assertThat(account.duplicated()).isEqualTo(0);
  }

  @Test
  @DisplayName("untriggered: raised while nobody had set the vector up, a column of its own")
  void untriggered() {
    Account account = account(raised(Way.UNTRIGGERED));
    assertThat(account.raised()).isEqualTo(1);
    assertThat(account.untriggered()).isEqualTo(1);
    assertThat(account.lost()).isEqualTo(0);
  }

  @Test
  @DisplayName("not untriggered: the device kept it pending and sent it when it could")
  void heardLater() {
    Account account =
        account(raised(Way.UNTRIGGERED), new Fired(MSI, false), reached(), new Taken(HERE));
    assertThat(account.untriggered()).isEqualTo(0);
    assertThat(account.delivered()).isEqualTo(1);
    assertThat(account.duplicated()).isEqualTo(0);
  }

  @Test
  @DisplayName("masked to the end: held back by a mask that never went away")
  void masked() {
    Account waiting = account(raised(Way.WAITING));
    assertThat(waiting.masked()).isEqualTo(1);
    assertThat(waiting.lost()).isEqualTo(0);
    Account kept = account(raised(Way.HOST), new HeldBack(MSI));
    assertThat(kept.masked()).isEqualTo(1);
    assertThat(kept.lost()).isEqualTo(0);
  }

  @Test
  @DisplayName("lost, not masked: the mask went away and nothing came")
  void lostAfterMask() {
    assertThat(account(raised(Way.WAITING), new Fired(MSI, false)).lost()).isEqualTo(1);
  }

  @Test
  @DisplayName("duplicated (edge): delivered more often than raised")
  void duplicatedEdge() {
    Account account =
        account(raised(Way.HOST), reached(), new Taken(HERE), reached(), new Taken(HERE));
    assertThat(account.duplicated()).isEqualTo(1);
  }

  @Test
  @DisplayName("duplicated (level): delivered with the line low since the last completion")
  void duplicatedLevel() {
    Reached reached = new Reached(LINE, HERE, false);
    Account account =
        account(
            high(),
            reached,
            new Taken(HERE),
            new Lowered(LINE),
            new Completed(HERE),
            reached,
            new Taken(HERE));
    assertThat(account.duplicated()).isEqualTo(1);
  }

  @Test
  @DisplayName("not duplicated (level): the line stayed high, so it fires again")
  void levelRefires() {
    Reached reached = new Reached(LINE, HERE, false);
    Account account =
        account(
            high(),
            reached,
            new Taken(HERE),
            new Completed(HERE),
            reached,
            new Lowered(LINE),
            new Taken(HERE),
            new Completed(HERE));
    assertThat(account.delivered()).isEqualTo(2);
    assertThat(account.raised()).isEqualTo(1);
    assertThat(account.duplicated()).isEqualTo(0);
    assertThat(account.lost()).isEqualTo(0);
  }

  @Test
  @DisplayName("a vector that two interrupts share delivers both")
  void sharedVector() {
    Account account =
        account(
            raised(Way.HOST),
            reached(),
            new Raised(OTHER, false, Way.HOST),
            new Reached(OTHER, HERE, false),
            new Taken(HERE));
    assertThat(account.delivered()).isEqualTo(2);
    assertThat(account.lost() + account.duplicated()).isEqualTo(0);
  }

  @Test
  @DisplayName("what the guest takes of its own is no device's interrupt")
  void foreign() {
    assertThat(account(new Taken(HERE)).delivered()).isEqualTo(0);
  }

  @Test
  @DisplayName("misdirected: delivered by an entry that the guest had replaced")
  void misdirected() {
    Account account = account(raised(Way.BYPASSED), new Reached(MSI, HERE, true), new Taken(HERE));
    assertThat(account.misdirected()).isEqualTo(1);
    assertThat(account.delivered()).isEqualTo(1);
  }

  @Test
  @DisplayName("window: raised while bypass was possible and not in force")
  void window() {
    Account account =
        account(
            raised(Way.HOST),
            reached(),
            new Taken(HERE),
            new Possible(MSI),
            raised(Way.HOST),
            reached(),
            new Taken(HERE),
            new Bypass(MSI, true, false, 7),
            raised(Way.BYPASSED),
            reached(),
            new Taken(HERE));
    assertThat(account.window()).isEqualTo(1);
    assertThat(account.bypassed()).isEqualTo(1);
    assertThat(account.interrupts().get(0).bypassedSince()).isEqualTo(7);
  }

  @Test
  @DisplayName("bypassed at the end: what userspace itself takes down ahead of a teardown counts")
  void bypassedAtEnd() {
    Account asked =
        account(
            new Possible(MSI),
            new Bypass(MSI, true, true, 1),
            new Bypass(MSI, false, true, 2),
            new Impossible(MSI));
    assertThat(asked.interrupts().get(0).bypassedAtEnd()).isTrue();
    Account fell =
        account(
            new Possible(MSI),
            new Bypass(MSI, true, false, 1),
            new Bypass(MSI, false, false, 2),
            new Impossible(MSI));
    assertThat(fell.interrupts().get(0).bypassedAtEnd()).isFalse();
  }

  @Test
  @DisplayName("calls, and with which errno they failed")
  void calls() {
    Account account =
        account(
            new Called(false, null),
            new Called(true, Errno.EAGAIN),
            new Called(false, Errno.EINVAL),
            new Called(true, null));
    assertThat(account.calls()).isEqualTo(4);
    assertThat(account.forwardingCalls()).isEqualTo(2);
    assertThat(account.eagain()).isEqualTo(1);
    assertThat(account.otherErrors()).isEqualTo(1);
  }

  @Test
  @DisplayName("failures: told, untold for good, untold and retried")
  void failures() {
    Account account =
        account(
            new Refused(MSI, Errno.EAGAIN, true, false),
            new Refused(MSI, Errno.EAGAIN, false, false),
            new Refused(MSI, Errno.EAGAIN, false, true),
            new Fact.GaveUp(MSI));
    assertThat(account.failuresTold()).isEqualTo(1);
    assertThat(account.failuresUntold()).isEqualTo(1);
    assertThat(account.failuresRetried()).isEqualTo(1);
    assertThat(account.gaveUp()).isEqualTo(1);
  }

  @Test
  @DisplayName("exits are counted by reason")
  void exits() {
    Account account =
        account(
            new Exited(Exited.Reason.KICK),
            new Exited(Exited.Reason.KICK),
            new Exited(Exited.Reason.EOI_TRAP),
            new Exited(Exited.Reason.MAINTENANCE));
    assertThat(account.exits()).isEqualTo(new Exits(2, 1, 1));
    assertThat(account.exits().total()).isEqualTo(4);
  }
}
