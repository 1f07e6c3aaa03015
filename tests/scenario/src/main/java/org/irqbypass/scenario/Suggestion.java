package org.irqbypass.scenario;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Finds what somebody probably meant to write. */
public final class Suggestion {
  private Suggestion() {}

  /**
   * The nearest of several names, as an addition to a message.
   *
   * @param written what was written
   * @param names what there is
   * @return such as {@code ; did you mean vm.new?}, or nothing where no name is near
   */
  public static String of(String written, Iterable<String> names) {
    String best = null;
    int bestDistance = Math.max(2, written.length() / 3) + 1;
    if (written.length() <= 64) {
      for (String name : names) {
        int distance =
            distance(written.toLowerCase(Locale.ROOT), name.toLowerCase(Locale.ROOT), bestDistance);
        if (distance < bestDistance) {
          bestDistance = distance;
          best = name;
        }
      }
    }
    return text(best);
  }

  private static String text(@Nullable String best) {
    return best == null ? "" : "; did you mean " + InputException.oneLine(best) + "?";
  }

  /** How many letters must be put in, taken out or replaced; {@code limit} where it is more. */
  private static int distance(String a, String b, int limit) {
    if (Math.abs(a.length() - b.length()) >= limit) {
      return limit;
    }
    int[] previous = new int[b.length() + 1];
    int[] current = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      current[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        current[j] = Math.min(replaced, 1 + Math.min(previous[j], current[j - 1]));
      }
      int[] swap = previous;
      previous = current;
      current = swap;
    }
    return previous[b.length()];
  }
}
