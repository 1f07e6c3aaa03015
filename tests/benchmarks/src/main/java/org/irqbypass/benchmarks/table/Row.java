package org.irqbypass.benchmarks.table;

import org.jspecify.annotations.Nullable;

/**
 * One line of the table.
 *
 * @param section under which heading it stands
 * @param what was measured
 * @param unit of the figure and the baseline: {@code ns}, {@code B}, or {@code x} for a ratio
 * @param result what was measured
 * @param against what it is measured against; null: nothing
 * @param target what it has to reach; null: nothing
 */
public record Row(
    String section,
    String what,
    String unit,
    Result result,
    @Nullable Baseline against,
    @Nullable Target target) {

  /**
   * What a figure is measured against.
   *
   * @param name Linux or Java, and what of it
   * @param figure in the row's unit, for this machine
   */
  public record Baseline(String name, double figure) {}

  /**
   * What a figure has to reach.
   *
   * @param limit in the row's unit, for this machine
   * @param atLeast whether more is better
   * @param allocatesNothing whether an operation must not allocate either
   */
  public record Target(double limit, boolean atLeast, boolean allocatesNothing) {
    /** Below this an operation allocates nothing: what the profiler itself allocates. */
    private static final double NOTHING = 0.5;

    /**
     * A figure that must not be exceeded.
     *
     * @param limit the highest figure
     * @return the target
     */
    public static Target atMost(double limit) {
      return new Target(limit, false, false);
    }

    /**
     * A figure that must be reached.
     *
     * @param limit the lowest figure
     * @return the target
     */
    public static Target atLeast(double limit) {
      return new Target(limit, true, false);
    }

    /**
     * The same target, with no allocation.
     *
     * @return a stricter target
     */
    public Target withoutAllocation() {
      return new Target(limit, atLeast, true);
    }

    boolean isMetBy(Result result) {
      boolean reached = atLeast ? result.figure() >= limit : result.figure() <= limit;
      return reached && !(allocatesNothing && !(result.bytes() < NOTHING));
    }
  }

  /**
   * How many times the baseline the figure is.
   *
   * @return NaN without a baseline
   */
  public double ratio() {
    return against == null ? Double.NaN : result.figure() / against.figure();
  }

  /**
   * Whether the target is reached.
   *
   * @return true also without a target
   */
  public boolean isMet() {
    return target == null || target.isMetBy(result);
  }
}
