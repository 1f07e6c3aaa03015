package org.irqbypass.comparison.report;

import java.util.List;
import java.util.Locale;

/** Words for numbers and lists, in sentences that are computed. */
final class Words {
  private Words() {}

  /** The number with the noun, in the plural where it needs one. */
  static String count(int number, String noun) {
    return (number == 0 ? "no" : Integer.toString(number)) + " " + noun + (number == 1 ? "" : "s");
  }

  /** Once, twice, 7 times. */
  static String times(int number) {
    return switch (number) {
      case 1 -> "once";
      case 2 -> "twice";
      default -> number + " times";
    };
  }

  /** The parts with commas, and the last with "and". */
  static String list(List<String> parts) {
    int last = parts.size() - 1;
    if (last < 1) {
      return String.join("", parts);
    }
    return String.join(", ", parts.subList(0, last)) + " and " + parts.get(last);
  }

  static String percent(int part, int whole) {
    return whole == 0 ? "none" : Math.round(100.0 * part / whole) + " %";
  }

  /** Nanoseconds as microseconds, with one decimal. */
  static String micros(long nanos) {
    return String.format(Locale.ROOT, "%.1f", nanos / 1000.0);
  }

  static String sentence(String text) {
    return text.isEmpty() ? text : Character.toUpperCase(text.charAt(0)) + text.substring(1);
  }
}
