package org.irqbypass.comparison.report;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.google.common.collect.ImmutableList;
import org.irqbypass.comparison.account.Account;
import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.comparison.cost.ModelledTime;
import org.irqbypass.comparison.cost.Timeline;
import org.irqbypass.comparison.narrative.Phase;
import org.jspecify.annotations.Nullable;

/**
 * What one contender did with a scenario.
 *
 * @param contender who
 * @param account the counts
 * @param added the calls it made only for forwarding, in order
 * @param phases the run, cut at its marks
 * @param timeline the run in modelled time
 */
public record ContenderResult(
    Contender contender,
    Account account,
    ImmutableList<AddedCall> added,
    @JsonIgnore ImmutableList<Phase> phases,
    @JsonIgnore Timeline timeline) {

  /** What the run would cost: modelled, apart from the counts. */
  @JsonProperty
  public ModelledTime modelled() {
    return timeline.modelled();
  }

  /**
   * A call made only for forwarding.
   *
   * @param step its place in this contender's run
   * @param call the operation, as a scenario writes it
   * @param why what asked for it
   * @param errno what it was refused with; null if it succeeded
   */
  public record AddedCall(int step, String call, String why, @Nullable String errno) {}
}
