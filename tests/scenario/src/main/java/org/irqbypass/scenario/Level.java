package org.irqbypass.scenario;

import java.util.Locale;

/** How far a replay compares what operations came to with what was recorded. */
public enum Level {
  /** Results and errnos. */
  RESULTS,

  /** Results, errnos, and what calls returned besides. */
  OUTPUTS;

  /**
   * How people write the level.
   *
   * @return such as {@code outputs}
   */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
