package org.irqbypass.comparison.explore;

import com.google.common.collect.ImmutableList;
import org.irqbypass.comparison.contender.Contender;

/**
 * What exploring a scenario showed of one contender.
 *
 * @param scenario its name
 * @param contender who
 * @param census how the orders ended
 * @param sampled how orders ended that were drawn at random, where not all were explored; empty
 *     otherwise
 * @param coverage how many of them there were, and what was left out
 * @param violations shortest orders that break a promise, one for each promise
 * @param differences where the orders do not all end in the same forwarding state: a shortest one
 *     for each way of ending
 */
public record Exploration(
    String scenario,
    Contender contender,
    Census census,
    Census sampled,
    Coverage coverage,
    ImmutableList<Counterexample> violations,
    ImmutableList<Counterexample> differences) {
  /**
   * How orders end: all of them where all were explored, otherwise those drawn at random, which do
   * not depend on where the exploration began; those explored where none was drawn.
   */
  public Census representative() {
    return isSampled() ? sampled : census;
  }

  /** Whether orders were drawn at random, because not all were explored. */
  public boolean isSampled() {
    return !coverage.complete() && !sampled.endings().isEmpty();
  }
}
