package org.irqbypass.comparison.explore;

import org.jspecify.annotations.Nullable;

/**
 * Something that must hold in whatever order steps are taken. One of your own is found by {@link
 * java.util.ServiceLoader}, and is checked beside those that come with the explorer. It keeps no
 * state: it is asked by several threads, about states in no particular order.
 */
public interface Property {
  /** What it is called, such as {@code nothing-lost}. */
  String name();

  /**
   * Looks at a state.
   *
   * @param moment between two steps, or after the last
   * @return what is wrong, in one sentence; null if nothing is
   */
  @Nullable String violation(Moment moment);
}
