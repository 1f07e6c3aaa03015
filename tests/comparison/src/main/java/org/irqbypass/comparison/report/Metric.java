package org.irqbypass.comparison.report;

import com.google.common.collect.ImmutableList;
import java.util.function.ToIntFunction;
import org.irqbypass.comparison.account.Account;

/**
 * A figure of an account, as text and page show it.
 *
 * @param label the row's heading
 * @param detail whether the row is a part of the one above it
 * @param meaning the figure in a sentence
 * @param of reads the figure
 * @param tone what a figure other than 0 says about the run
 */
record Metric(String label, boolean detail, String meaning, ToIntFunction<Account> of, Tone tone) {
  /** How a figure other than 0 is shown. */
  enum Tone {
    /** As any other. */
    NEUTRAL,
    /** As something to look at. */
    WARNING,
    /** As something that must not be. */
    VIOLATION
  }

  static final ImmutableList<Metric> ALL =
      ImmutableList.of(
          new Metric(
              "calls from userspace",
              false,
              "system calls of the VMM, those for forwarding included",
              Account::calls,
              Tone.NEUTRAL),
          new Metric(
              "only for forwarding",
              true,
              "calls that the VMM would not have made otherwise",
              Account::forwardingCalls,
              Tone.NEUTRAL),
          new Metric(
              "failed with EAGAIN", true, "calls to be tried again", Account::eagain, Tone.WARNING),
          new Metric(
              "failed otherwise",
              true,
              "calls that returned another errno, those that the VMM makes in any case included",
              Account::otherErrors,
              Tone.NEUTRAL),
          new Metric(
              "interrupts raised",
              false,
              "how often devices asserted an interrupt",
              Account::raised,
              Tone.NEUTRAL),
          new Metric(
              "bypassed",
              true,
              "raised while bypass was in force",
              Account::bypassed,
              Tone.NEUTRAL),
          new Metric(
              "in the window",
              true,
              "raised while bypass was possible and not in force",
              Account::window,
              Tone.WARNING),
          new Metric(
              "delivered",
              true,
              "taken by the guest; a line that stays high is delivered again",
              Account::delivered,
              Tone.NEUTRAL),
          new Metric(
              "coalesced",
              true,
              "raised while an earlier one of the same vector had not been taken",
              Account::coalesced,
              Tone.NEUTRAL),
          new Metric(
              "masked to the end",
              true,
              "held back by a mask, of the host or of the guest, that never went away",
              Account::masked,
              Tone.NEUTRAL),
          new Metric(
              "untriggered",
              true,
              "raised while nobody had set the vector up",
              Account::untriggered,
              Tone.NEUTRAL),
          new Metric(
              "misdirected",
              true,
              "delivered by an entry that the guest had already replaced",
              Account::misdirected,
              Tone.WARNING),
          new Metric(
              "lost",
              true,
              "raised, neither of the above, and never delivered afterwards",
              Account::lost,
              Tone.VIOLATION),
          new Metric(
              "duplicated",
              true,
              "delivered more often than raised, or with the line low",
              Account::duplicated,
              Tone.VIOLATION),
          new Metric(
              "exits",
              false,
              "how often a vCPU left guest mode because of an interrupt",
              account -> account.exits().total(),
              Tone.NEUTRAL),
          new Metric(
              "wake-ups",
              false,
              "how often a vCPU that waited for an interrupt was woken by one",
              Account::wakeUps,
              Tone.NEUTRAL),
          new Metric(
              "failures told",
              false,
              "attempts to pair that failed together with userspace's call",
              Account::failuresTold,
              Tone.WARNING),
          new Metric(
              "failures untold",
              false,
              "attempts to pair that failed while userspace's call succeeded, for good",
              Account::failuresUntold,
              Tone.WARNING),
          new Metric(
              "failures retried",
              false,
              "attempts to pair that failed untold and were made again without a call",
              Account::failuresRetried,
              Tone.NEUTRAL));
}
