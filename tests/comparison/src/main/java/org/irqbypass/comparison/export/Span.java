package org.irqbypass.comparison.export;

/**
 * When a step happens.
 *
 * @param begin in nanoseconds from the run's beginning
 * @param end in nanoseconds, after {@code begin}
 */
public record Span(long begin, long end) {
  /**
   * The time of a part, where all parts of a step take the same time.
   *
   * @param part which, from 0
   * @param parts how many there are
   * @return after the step's begin and before its end, and rising with the part
   */
  long at(int part, int parts) {
    return begin + (end - begin) * (part + 1L) / (parts + 1L);
  }
}
