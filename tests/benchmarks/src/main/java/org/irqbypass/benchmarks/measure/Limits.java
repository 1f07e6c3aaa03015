package org.irqbypass.benchmarks.measure;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;

/** What the JVM itself takes for the steps that a posted interrupt cannot do without. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class Limits {
  private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);
  private static final int WORDS = 4;
  private static final int OUTSTANDING = WORDS;

  /** Makes the benchmark; JMH does. */
  public Limits() {}

  /** A request bitmap of one thread, the word of its notification, and two locks. */
  @State(Scope.Thread)
  public static class Own {
    final long[] words = new long[WORDS + 1];
    final ReentrantLock lock = new ReentrantLock();
    int vector;
    long locked;

    int nextVector() {
      vector = (vector + 1) & 0xff;
      return vector;
    }
  }

  /** A request bitmap of all threads. */
  @State(Scope.Benchmark)
  public static class Shared {
    final long[] words = new long[WORDS];
  }

  /** One atomic OR. */
  @Benchmark
  public long atomicOr(Own own) {
    int vector = own.nextVector();
    return (long) WORD.getAndBitwiseOr(own.words, vector >>> 6, 1L << vector);
  }

  /** A bit that is set already is set by an atomic OR. */
  @Benchmark
  @Threads(2)
  public boolean setBlindly(Shared shared) {
    return ((long) WORD.getAndBitwiseOr(shared.words, 0, 1L) & 1L) == 0;
  }

  /** A bit that is set already is looked at first. */
  @Benchmark
  @Threads(2)
  public boolean testThenSet(Shared shared) {
    return ((long) WORD.getVolatile(shared.words, 0) & 1L) == 0
        && ((long) WORD.getAndBitwiseOr(shared.words, 0, 1L) & 1L) == 0;
  }

  /**
   * A vector is posted and notified of unless a notification is outstanding (ON), and the whole
   * bitmap harvested.
   */
  @Benchmark
  public long postAndHarvest(Own own) {
    int vector = own.nextVector();
    long harvested = (long) WORD.getAndBitwiseOr(own.words, vector >>> 6, 1L << vector);
    harvested ^= (long) WORD.getAndBitwiseOr(own.words, OUTSTANDING, 1L);
    WORD.setVolatile(own.words, OUTSTANDING, 0L);
    for (int word = 0; word < WORDS; word++) {
      if ((long) WORD.getVolatile(own.words, word) != 0) {
        harvested ^= (long) WORD.getAndSet(own.words, word, 0L);
      }
    }
    return harvested;
  }

  /** A monitor that nobody else wants. */
  @Benchmark
  public long synchronizedBlock(Own own) {
    synchronized (own) {
      return ++own.locked;
    }
  }

  /** A lock that nobody else wants. */
  @Benchmark
  public long reentrantLock(Own own) {
    own.lock.lock();
    try {
      return ++own.locked;
    } finally {
      own.lock.unlock();
    }
  }
}
