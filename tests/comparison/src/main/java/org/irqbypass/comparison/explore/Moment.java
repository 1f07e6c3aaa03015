package org.irqbypass.comparison.explore;

import java.util.List;
import org.irqbypass.comparison.account.Account;
import org.irqbypass.comparison.contender.ContenderRun;
import org.irqbypass.scenario.Execution;
import org.irqbypass.scenario.SimulatedHost;
import org.jspecify.annotations.Nullable;

/**
 * A moment of a run, for a {@link Property} to look at. It may look at everything, and must leave
 * it as it is.
 *
 * @param run the run
 * @param lastSteps what the last move did: usually one step, none at the beginning
 * @param idle whether nothing goes on any more: every actor has come to its end, or waits for a
 *     machine's end, all deferred work has run, and guests have taken what there was
 * @param over whether the last step was taken
 * @param deadlock what the last move has given up to wait for, since nobody was left to bring it;
 *     null if it has not
 */
public record Moment(
    ContenderRun run,
    List<Execution.Step> lastSteps,
    boolean idle,
    boolean over,
    @Nullable String deadlock) {
  /** The host. */
  public SimulatedHost host() {
    return run.host();
  }

  /** The account so far. */
  public Account account() {
    return run.account();
  }

  /** The last step, if there was one. */
  public Execution.@Nullable Step lastStep() {
    return lastSteps.isEmpty() ? null : lastSteps.get(lastSteps.size() - 1);
  }
}
