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

  /** A part in percent; not rounded to nothing, or to all. */
  static String share(double share) {
    double percent = 100 * share;
    if (percent > 0 && percent < 0.1) {
      return "under 0.1 %";
    }
    if (percent < 100 && percent > 99.9) {
      return "over 99.9 %";
    }
    return percent == Math.rint(percent) || percent >= 10
        ? Math.round(percent) == 100 && percent < 100
            ? String.format(Locale.ROOT, "%.1f %%", percent)
            : Math.round(percent) + " %"
        : String.format(Locale.ROOT, "%.1f %%", percent);
  }

  static String sentence(String text) {
    return text.isEmpty() ? text : Character.toUpperCase(text.charAt(0)) + text.substring(1);
  }
}
