package org.irqbypass.comparison.cost;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * A number that modelled time rests on. It has either a source or a range.
 *
 * @param name what a file calls it
 * @param what what it stands for, in words
 * @param value the number
 * @param unit its unit
 * @param source where it was measured and by whom; null if it is assumed
 * @param assumption between what it is believed to lie; null if it has a source
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Parameter(
    String name,
    String what,
    double value,
    Unit unit,
    @Nullable String source,
    @Nullable Assumption assumption) {
  /**
   * A range, because nobody has said.
   *
   * @param from the least it is believed to be
   * @param to the most
   * @param why why that
   */
  public record Assumption(double from, double to, String why) {}

  /** The least it may be. */
  public double least() {
    return assumption == null ? value : assumption.from();
  }

  /** The most it may be. */
  public double most() {
    return assumption == null ? value : assumption.to();
  }

  /** The value with its unit, as people write it. */
  public String amount() {
    return plain(value) + " " + unit;
  }

  /** The range with its unit; the value, where there is a source. */
  public String range() {
    return assumption == null ? amount() : plain(least()) + " to " + plain(most()) + " " + unit;
  }

  static String plain(double number) {
    return number == Math.rint(number) ? Long.toString((long) number) : Double.toString(number);
  }
}
