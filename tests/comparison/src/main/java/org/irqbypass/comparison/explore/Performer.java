package org.irqbypass.comparison.explore;

import com.google.common.collect.ImmutableList;
import org.jspecify.annotations.Nullable;

/** How what a play's actors do is done: each thing as a whole, or in pieces with others between. */
interface Performer {
  /** Does everything as a whole. */
  Performer WHOLE = (actor, step, doing) -> doing.run();

  /**
   * Begins to do something, and goes on as far as that is one step.
   *
   * @param actor who, with nothing under way
   * @param step what it is, as a scenario writes it
   * @param doing does it
   */
  void begin(String actor, String step, Runnable doing);

  /** Whether somebody has begun something that is not over. */
  default boolean isUnderWay(String actor) {
    return false;
  }

  /** Whether anybody has. */
  default boolean isBusy() {
    return false;
  }

  /** Who can go on with what they have begun. */
  default ImmutableList<Move> open() {
    return ImmutableList.of();
  }

  /** Who waits for what none of the others will bring, the first; asked only if somebody is. */
  default Move whenStuck() {
    throw new IllegalStateException("nothing is under way");
  }

  /** Goes on with what somebody has begun, to its end or as far as that is one step. */
  default void goOn(String actor) {
    throw new IllegalStateException(actor + " has nothing under way");
  }

  /** Where what was done last stopped, for a person to read; null if it is over. */
  default @Nullable String where() {
    return null;
  }

  /** What was given up last because nobody was left to bring it; null if it went on otherwise. */
  default @Nullable String deadlock() {
    return null;
  }

  /** Brings to an end what was begun: nobody looks at it any more. */
  default void drop() {}
}
