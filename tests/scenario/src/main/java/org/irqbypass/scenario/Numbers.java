package org.irqbypass.scenario;

import org.jspecify.annotations.Nullable;

/** How operations write integers: decimal or after 0x, from -2^63 to 2^64-1. */
final class Numbers {
  private Numbers() {}

  /** Reads a number; null if the text is none. */
  static @Nullable Long parse(String text) {
    boolean negative = text.startsWith("-");
    String digits = negative ? text.substring(1) : text;
    boolean hex = digits.startsWith("0x") || digits.startsWith("0X");
    if (hex) {
      digits = digits.substring(2);
    }
    if (digits.isEmpty() || digits.length() > 20 || Character.digit(digits.charAt(0), 16) < 0) {
      return null; // also refuses a second sign
    }
    try {
      long magnitude = Long.parseUnsignedLong(digits, hex ? 16 : 10);
      if (!negative) {
        return magnitude;
      }
      return magnitude >= 0 || magnitude == Long.MIN_VALUE ? -magnitude : null;
    } catch (NumberFormatException noNumber) {
      return null;
    }
  }

  static boolean isNumber(String text) {
    return parse(text) != null;
  }
}
