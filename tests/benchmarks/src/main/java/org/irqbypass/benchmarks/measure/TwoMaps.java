package org.irqbypass.benchmarks.measure;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * A registry as a Java programmer would write it first: one {@code ConcurrentHashMap} of producers
 * and one of consumers. By it figures of other machines are scaled to this one.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class TwoMaps {
  /** How many pairs are resident. */
  @Param({"1000", "10000", "100000", "1000000"})
  public int pairs;

  private final ConcurrentMap<Object, Object> producers = new ConcurrentHashMap<>();
  private final ConcurrentMap<Object, Object> consumers = new ConcurrentHashMap<>();
  private Object[] tokens = {};
  private Ring ring = new Ring(1, 0);

  /** Makes the benchmark; JMH does. */
  public TwoMaps() {}

  /** Makes the resident pairs. */
  @Setup
  public void populate() {
    tokens = new Object[2 * pairs];
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = new Object();
    }
    ring = new Ring(tokens.length, 1);
    for (int i = 0; i < pairs; i++) {
      put(tokens[ring.head()]);
    }
  }

  private void put(Object token) {
    producers.put(token, token);
    consumers.put(token, token);
  }

  /** A pair comes, the oldest goes. */
  @Benchmark
  public boolean putAndRemove() {
    put(tokens[ring.head()]);
    Object oldest = tokens[ring.tail()];
    Object producer = producers.remove(oldest);
    return producer == consumers.remove(oldest);
  }

  /** That as many are there as in the beginning. */
  @TearDown
  public void check() {
    Check.that(producers.size() == pairs && consumers.size() == pairs, "the maps hold the pairs");
  }
}
