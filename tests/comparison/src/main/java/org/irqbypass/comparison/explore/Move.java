package org.irqbypass.comparison.explore;

import com.google.common.collect.ImmutableSet;
import java.util.Collections;
import org.jspecify.annotations.Nullable;

/**
 * A step that can be taken next.
 *
 * @param actor who takes it, as schedules name it; for deferred work with its place in the queue
 * @param step what it does, as a scenario writes it: two moves with the same are the same move
 * @param touches the names of all that it can have to do with; null if that is not known, and it
 *     may be everything
 */
record Move(String actor, String step, @Nullable ImmutableSet<String> touches) {
  /**
   * Whether two moves that can both be taken next lead to the same state in either order, because
   * they have nothing to do with each other.
   */
  boolean isIndependentOf(Move other) {
    ImmutableSet<String> theirs = other.touches;
    return touches != null
        && theirs != null
        && !actor.equals(other.actor)
        && Collections.disjoint(touches, theirs);
  }

  /** Whether it is deferred work. */
  boolean isWork() {
    return actor.startsWith(Play.WORK);
  }
}
