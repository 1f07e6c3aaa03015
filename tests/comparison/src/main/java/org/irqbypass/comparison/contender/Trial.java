package org.irqbypass.comparison.contender;

import com.google.common.collect.ImmutableList;
import org.irqbypass.comparison.account.Account;
import org.irqbypass.comparison.account.Accountant;
import org.irqbypass.comparison.account.Fact;
import org.irqbypass.comparison.narrative.Story;
import org.irqbypass.scenario.Execution;
import org.jspecify.annotations.Nullable;

/**
 * One contender's run of a scenario.
 *
 * @param contender who
 * @param platform the host's
 * @param execution what was run and what it came to
 * @param notes one for each step of the execution: what the report tells of it besides
 * @param facts what happened, for the account
 */
public record Trial(
    Contender contender,
    String platform,
    Execution execution,
    ImmutableList<StepNote> notes,
    ImmutableList<Fact> facts) {
  /**
   * What is known of a step besides its outcome.
   *
   * @param forwarding whether it is there only for forwarding
   * @param why what asked for it, if it is
   * @param story how it looks
   * @param facts what happened in it, of the trial's facts
   */
  public record StepNote(
      boolean forwarding, @Nullable String why, Story story, ImmutableList<Fact> facts) {}

  /** The account of the run. */
  public Account account() {
    return Accountant.account(facts);
  }
}
