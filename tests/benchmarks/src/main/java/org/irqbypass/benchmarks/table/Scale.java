package org.irqbypass.benchmarks.table;

/**
 * How much slower this machine is, now, than the one on which the figures of Linux were taken: by
 * the {@code ConcurrentHashMap} pairs, which ran on both. The small maps stand for figures whose
 * data is in the caches, the large ones for those of 100,000 objects and more.
 *
 * @param cached the factor for small working sets
 * @param uncached the factor for large ones
 */
public record Scale(double cached, double uncached) {
  /** Two maps, a pair put and removed, 1,000 resident; nanoseconds on that machine. */
  public static final double SMALL_MAPS = 269;

  /** The same with 1,000,000 resident. */
  public static final double LARGE_MAPS = 1737;

  /** Figures as they are. */
  public static final Scale NONE = new Scale(1, 1);

  private static final int LARGE = 100_000;

  /**
   * The factors from what was measured in this run.
   *
   * @param smallMaps nanoseconds with 1,000 resident
   * @param largeMaps nanoseconds with 1,000,000 resident
   * @return the factors
   */
  public static Scale of(double smallMaps, double largeMaps) {
    return new Scale(smallMaps / SMALL_MAPS, largeMaps / LARGE_MAPS);
  }

  /**
   * A figure of that machine, for this one.
   *
   * @param nanos on that machine
   * @return nanoseconds here
   */
  public double here(double nanos) {
    return nanos * cached;
  }

  /**
   * A figure of that machine, for this one.
   *
   * @param nanos on that machine
   * @param resident how many objects it goes through
   * @return nanoseconds here
   */
  public double here(double nanos, int resident) {
    return nanos * (resident >= LARGE ? uncached : cached);
  }
}
