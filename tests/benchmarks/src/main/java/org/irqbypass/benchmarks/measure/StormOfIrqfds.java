package org.irqbypass.benchmarks.measure;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** The {@link Storm}'s wall time, for each irqfd. */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 10)
@Measurement(iterations = 10)
public class StormOfIrqfds {
  /** Makes the benchmark; JMH does. */
  public StormOfIrqfds() {}

  /** A storm. */
  @State(Scope.Benchmark)
  public static class Sky {
    /** How many VMs share the irqfds. */
    @Param({"2", "100"})
    public int vms;

    Storm storm = new Storm(1, 1);

    /** Makes what the storm binds. */
    @Setup
    public void gather() {
      storm.close();
      storm = new Storm(Storm.IRQFDS, vms);
    }

    /** Lets the threads go. */
    @TearDown
    public void calm() {
      storm.close();
    }
  }

  /** Nothing is bound; afterwards everything is. */
  @State(Scope.Benchmark)
  public static class Calm extends Sky {
    /** That everything is bound; unbinds it. */
    @TearDown(Level.Invocation)
    public void unmake() {
      storm.checkMade();
      storm.unmake();
    }
  }

  /** Everything is bound; afterwards nothing is. */
  @State(Scope.Benchmark)
  public static class Raging extends Sky {
    /** Binds everything. */
    @Setup(Level.Invocation)
    public void make() {
      storm.make();
    }

    /** That nothing is left. */
    @TearDown(Level.Invocation)
    public void check() {
      storm.checkUnmade();
    }
  }

  /** Irqfds are made and paired. */
  @Benchmark
  @OperationsPerInvocation(Storm.IRQFDS)
  public void make(Calm sky) {
    sky.storm.make();
  }

  /** Irqfds are torn down. */
  @Benchmark
  @OperationsPerInvocation(Storm.IRQFDS)
  public void unmake(Raging sky) {
    sky.storm.unmake();
  }
}
