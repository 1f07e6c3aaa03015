package org.irqbypass.comparison.explore;

/**
 * How far to explore, and how.
 *
 * @param schedules how often the scenario may be run, above 0
 * @param states how many states may be kept, above 0: some 500 bytes each. What is found in a round
 *     that comes to that many is kept too
 * @param seconds how long it may take; 0 for as long as it does. What is found within a time
 *     depends on the machine
 * @param preemptions how often an actor may be interrupted that could go on; -1 for any number
 * @param reduced whether the order of steps that have nothing to do with each other is taken as
 *     known, and not tried; not where interruptions are bounded, which it would count wrongly
 * @param merged whether a state that was reached before is not gone on from again
 * @param walks how many orders to draw at random where the bounds left some out, 0 or more
 * @param seed for these
 * @param threads how many work on it, above 0; the result does not depend on it
 */
public record Bounds(
    int schedules,
    int states,
    int seconds,
    int preemptions,
    boolean reduced,
    boolean merged,
    int walks,
    long seed,
    int threads) {
  /** How many states are kept unless told otherwise: a gigabyte. */
  public static final int MOST_STATES = 2_000_000;

  /** With as many states as are kept unless told otherwise. */
  public Bounds(
      int schedules,
      int seconds,
      int preemptions,
      boolean reduced,
      boolean merged,
      int walks,
      long seed,
      int threads) {
    this(schedules, MOST_STATES, seconds, preemptions, reduced, merged, walks, seed, threads);
  }

  /** Everything, if it takes no more than a number of runs. */
  public static Bounds upTo(int schedules) {
    return new Bounds(
        schedules, 0, -1, true, true, 1000, 1, Runtime.getRuntime().availableProcessors());
  }

  /** The same with another number of orders drawn at random. */
  public Bounds withWalks(int number) {
    return new Bounds(
        schedules, states, seconds, preemptions, reduced, merged, number, seed, threads);
  }

  /** The same with another number of states that may be kept. */
  public Bounds withStates(int number) {
    return new Bounds(
        schedules, number, seconds, preemptions, reduced, merged, walks, seed, threads);
  }

  /** The same with another number of interruptions, -1 for any. */
  Bounds withPreemptions(int number) {
    return new Bounds(schedules, states, seconds, number, reduced, merged, walks, seed, threads);
  }

  /** The same without reduction and without merging of states: every order on its own. */
  public Bounds exhaustive() {
    return new Bounds(schedules, states, seconds, preemptions, false, false, walks, seed, threads);
  }
}
