package org.irqbypass.benchmarks.table;

/**
 * What was measured of one benchmark.
 *
 * @param figure nanoseconds an operation, or another unit where the row says so
 * @param error half the width of the 99.9 % confidence interval; NaN where there is none
 * @param bytes allocated by an operation; NaN where that was not measured
 */
public record Result(double figure, double error, double bytes) {
  /**
   * A figure that is no time, or that was derived from others.
   *
   * @param figure the value
   * @return a result without error and allocation
   */
  public static Result of(double figure) {
    return new Result(figure, Double.NaN, Double.NaN);
  }
}
