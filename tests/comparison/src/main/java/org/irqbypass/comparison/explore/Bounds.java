package org.irqbypass.comparison.explore;

/**
 * How far to explore, and how.
 *
 * @param schedules how often the scenario may be run, above 0
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
    int seconds,
    int preemptions,
    boolean reduced,
    boolean merged,
    int walks,
    long seed,
    int threads) {
  /** Everything, if it takes no more than a number of runs. */
  public static Bounds upTo(int schedules) {
    return new Bounds(
        schedules, 0, -1, true, true, 1000, 1, Runtime.getRuntime().availableProcessors());
  }

  /** The same with another number of orders drawn at random. */
  public Bounds withWalks(int number) {
    return new Bounds(schedules, seconds, preemptions, reduced, merged, number, seed, threads);
  }

  /** The same with another number of interruptions, -1 for any. */
  Bounds withPreemptions(int number) {
    return new Bounds(schedules, seconds, number, reduced, merged, walks, seed, threads);
  }

  /** The same without reduction and without merging of states: every order on its own. */
  public Bounds exhaustive() {
    return new Bounds(schedules, seconds, preemptions, false, false, walks, seed, threads);
  }
}
