package org.irqbypass.scenario.live;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.SplittableRandom;
import org.irqbypass.scenario.Operation;

/**
 * Random sequences of operations on VMs and eventfds. The same seed, number and length make the
 * same sequence. Immutable.
 */
public final class Sequences {
  private final long seed;
  private final int length;

  /**
   * Makes sequences.
   *
   * @param seed any number
   * @param length how many operations stand between setting up and looking at what came of it
   */
  public Sequences(long seed, int length) {
    this.seed = seed;
    this.length = length;
  }

  /**
   * One sequence.
   *
   * @param number any
   * @return its operations, the last of them {@code teardown}
   */
  public ImmutableList<Operation> sequence(int number) {
    RandomOperations operations = new RandomOperations(new Draw(random(number)));
    ImmutableList.Builder<Operation> sequence = ImmutableList.builder();
    sequence.addAll(operations.beginning());
    int drawn = 0;
    while (drawn < length) {
      List<Operation> next = operations.next();
      sequence.addAll(next);
      drawn += Math.max(1, next.size());
    }
    return sequence.addAll(operations.end()).build();
  }

  /**
   * Numbers unlike those of the sequences before and after: two seeds that are close share some.
   */
  private SplittableRandom random(int number) {
    long close = seed ^ Long.rotateLeft(number, Integer.SIZE);
    return new SplittableRandom(new SplittableRandom(close).nextLong());
  }
}
