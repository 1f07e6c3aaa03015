package org.irqbypass.scenario.live;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedMap;

/**
 * What it came to when a recording was performed on a kernel that runs. Immutable.
 *
 * @param source the recording
 * @param recordedOn the kernel it was recorded on
 * @param cases how many cases had something to perform
 * @param operations how many operations were performed on kernel and model
 * @param leftOut how many operations were not, by what they are called
 * @param mismatches how many operations kernel and model answered differently
 * @param differences the first of them
 * @param comparable how many operations the kernel's answer could be compared with the recording
 * @param changes how many of those were answered differently when they were recorded
 * @param changed the first of them
 */
public record LiveReport(
    String source,
    String recordedOn,
    int cases,
    int operations,
    ImmutableSortedMap<String, Integer> leftOut,
    int mismatches,
    ImmutableList<LiveDifference> differences,
    int comparable,
    int changes,
    ImmutableList<LiveDifference> changed) {
  /**
   * How many operations were not performed.
   *
   * @return the sum over all names
   */
  public int leftOutOperations() {
    return leftOut.values().stream().mapToInt(Integer::intValue).sum();
  }
}
