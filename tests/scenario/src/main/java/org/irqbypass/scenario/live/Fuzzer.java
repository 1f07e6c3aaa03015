package org.irqbypass.scenario.live;

import com.google.common.collect.ImmutableList;
import java.util.function.IntConsumer;

/** Performs random sequences on a kernel that runs and on its model, and shrinks differences. */
public final class Fuzzer {
  private Fuzzer() {}

  /**
   * Performs sequences until there are no more, or enough is found.
   *
   * @param twins the kernel and its model
   * @param sequences what is performed, from number 0 on
   * @param cases how many
   * @param shrunk how many differing ones are shrunk and kept; the others are counted
   * @param progress is told the number of each sequence before it is performed
   * @return what it came to
   */
  public static FuzzReport run(
      Twins twins, Sequences sequences, int cases, int shrunk, IntConsumer progress) {
    int operations = 0;
    int differing = 0;
    ImmutableList.Builder<FuzzFinding> findings = ImmutableList.builder();
    for (int number = 0; number < cases; number++) {
      progress.accept(number);
      ImmutableList<Step> steps = twins.run(sequences.sequence(number));
      operations += steps.size();
      int first = firstDiffering(steps);
      if (first >= 0 && differing++ < shrunk) {
        findings.add(new FuzzFinding(number, Shrinker.shrink(twins, steps.subList(0, first + 1))));
      }
    }
    return new FuzzReport(cases, operations, differing, findings.build());
  }

  private static int firstDiffering(ImmutableList<Step> steps) {
    for (int i = 0; i < steps.size(); i++) {
      if (steps.get(i).differs()) {
        return i;
      }
    }
    return -1;
  }
}
