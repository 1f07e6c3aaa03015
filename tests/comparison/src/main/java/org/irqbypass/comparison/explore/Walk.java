package org.irqbypass.comparison.explore;

import com.google.common.collect.ImmutableList;
import org.irqbypass.comparison.explore.StateGraph.Breach;
import org.jspecify.annotations.Nullable;

/**
 * An order that was drawn at random.
 *
 * @param schedule its moves
 * @param ending what it came to; null if it was broken off
 * @param breaches what did not hold on the way
 */
record Walk(Schedule schedule, @Nullable Ending ending, ImmutableList<Breach> breaches) {
  /** A walk with more moves than this is broken off. */
  static final int LONGEST = 100_000;
}
