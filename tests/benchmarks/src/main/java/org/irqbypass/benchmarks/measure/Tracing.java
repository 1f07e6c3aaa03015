package org.irqbypass.benchmarks.measure;

import java.util.concurrent.TimeUnit;
import org.irqbypass.trace.Tracepoints;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** What a tracepoint costs on an interrupt's way when nobody listens: the question whether. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class Tracing {
  private final Tracepoints trace = Tracepoints.untimed();
  private boolean anything;
  private long emitted;

  /** Makes the benchmark; JMH does. */
  public Tracing() {}

  /** A tracepoint, as the library's classes have them. */
  @Benchmark
  public long off() {
    if (trace.enabled()) {
      emitted++;
    }
    return emitted;
  }

  /** The same with a field of its own. */
  @Benchmark
  public long nothing() {
    if (anything) {
      emitted++;
    }
    return emitted;
  }

  /** That nobody listened. */
  @TearDown
  public void check() {
    Check.equal(emitted, 0, "events of which somebody was told");
    anything = false;
  }
}
