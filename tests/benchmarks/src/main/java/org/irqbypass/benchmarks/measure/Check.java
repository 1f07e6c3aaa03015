package org.irqbypass.benchmarks.measure;

/** A benchmark's own proof that the work was done. */
final class Check {
  private Check() {}

  /** Fails the benchmark, and with it the run, unless the statement is true. */
  static void that(boolean isTrue, String statement) {
    if (!isTrue) {
      throw new IllegalStateException("not so: " + statement);
    }
  }

  static void equal(long actual, long expected, String what) {
    if (actual != expected) {
      throw new IllegalStateException(what + ": " + actual + ", not " + expected);
    }
  }
}
