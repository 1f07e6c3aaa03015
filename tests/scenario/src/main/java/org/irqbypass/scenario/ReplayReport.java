package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;

/**
 * What a replay came to. Immutable.
 *
 * @param source the recording
 * @param platform on which it was replayed
 * @param level how far it was compared
 * @param cases how many cases were replayed
 * @param operations how many operations were replayed and compared
 * @param mismatches how many operations differ
 * @param differences the first of them
 * @param undecided what a session does not say enough of; no match
 */
public record ReplayReport(
    String source,
    String platform,
    Level level,
    int cases,
    int operations,
    int mismatches,
    ImmutableList<Difference> differences,
    ImmutableList<Undecided> undecided) {
  /** Of this many operations one may be undecided. */
  private static final int ONE_IN = 100;

  /**
   * Whether nothing differs, as far as the recording says enough.
   *
   * @return true then
   */
  public boolean matches() {
    return mismatches == 0 && isDecided();
  }

  /**
   * Whether the recording says enough: of 100 operations at most one is undecided.
   *
   * @return false if more are
   */
  public boolean isDecided() {
    return (long) undecided.size() * ONE_IN <= operations;
  }

  @Override
  public String toString() {
    return source
        + " on "
        + platform
        + ", "
        + level.word()
        + ": cases="
        + cases
        + " operations="
        + operations
        + " mismatches="
        + mismatches
        + (undecided.isEmpty() ? "" : " undecided=" + undecided.size());
  }
}
