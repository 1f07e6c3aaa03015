package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;

/**
 * What a replay came to. Immutable.
 *
 * @param source the recording
 * @param platform on which it was replayed
 * @param cases how many cases were replayed
 * @param operations how many operations were replayed and compared
 * @param effects how many consequences of a session were applied, and not compared
 * @param notReplayed how many operations were not replayed; they match nothing
 * @param mismatches how many operations differ
 * @param differences the first of them
 */
public record ReplayReport(
    String source,
    String platform,
    int cases,
    int operations,
    int effects,
    int notReplayed,
    int mismatches,
    ImmutableList<Difference> differences) {
  /**
   * Whether everything was replayed and nothing differs.
   *
   * @return true then
   */
  public boolean matches() {
    return mismatches == 0 && notReplayed == 0;
  }

  @Override
  public String toString() {
    String text =
        source
            + " on "
            + platform
            + ": "
            + cases
            + " cases, "
            + operations
            + " operations, "
            + mismatches
            + " mismatches";
    return notReplayed == 0 ? text : text + ", " + notReplayed + " operations not replayed";
  }
}
