package org.irqbypass.scenario;

import java.util.Locale;

/** How far a replay compares what operations came to with what was recorded. */
public enum Level {
  /** Results and errnos. */
  RESULTS,

  /** Results, errnos, and what calls returned besides. */
  OUTPUTS,

  /** All that, and what the kernel's functions did on the way. */
  TRACE;

  /**
   * How people write the level.
   *
   * @return such as {@code outputs}
   */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Whether this level compares what another one does.
   *
   * @param other the other
   * @return true for itself and all before it
   */
  public boolean includes(Level other) {
    return compareTo(other) >= 0;
  }
}
