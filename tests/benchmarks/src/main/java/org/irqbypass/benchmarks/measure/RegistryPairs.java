package org.irqbypass.benchmarks.measure;

import java.util.concurrent.TimeUnit;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.RemappedPlatform;
import org.irqbypass.host.Trigger;
import org.irqbypass.registry.BypassConsumer;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.BypassRegistry;
import org.irqbypass.registry.BypassToken;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.registry.LinuxPairing;
import org.irqbypass.registry.RegistryRules;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.work.ExecutorWorkQueue;
import org.irqbypass.work.ThreadWaiter;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;

/**
 * A matching pair is registered, and unregistered, with many others resident; and the same loop
 * that only writes one field of each of the same objects, in the same order.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class RegistryPairs {
  static final int BATCH = 200;

  /** Makes the benchmark; JMH does. */
  public RegistryPairs() {}

  /** The registry that all threads share. */
  @State(Scope.Benchmark)
  public static class Host {
    final Tracepoints trace = Tracepoints.untimed();
    final ThreadWaiter waiter = new ThreadWaiter();
    final BypassRegistry registry =
        new BypassRegistry(
            RegistryRules.LINUX_6_17,
            new LinuxPairing(),
            new ExecutorWorkQueue(new DeferredWork(), waiter),
            waiter,
            trace);
  }

  /** A thread's own pairs. */
  @State(Scope.Thread)
  public static class Pairs {
    /** How many pairs are resident. */
    @Param({"1000", "10000", "100000", "1000000"})
    public int pairs;

    BypassRegistry registry = new Host().registry;
    Pair[] all = {};
    Ring ring = new Ring(1, 0);

    /** Makes the pairs, as many registered as not. */
    @Setup
    public void populate(Host host) {
      registry = host.registry;
      HostIrq irq =
          new HostIrq(
              24, "nic", Trigger.EDGE, new RemappedPlatform("none"), host.waiter, host.trace);
      all = new Pair[2 * pairs];
      for (int i = 0; i < all.length; i++) {
        all[i] = new Pair(irq);
      }
      ring = new Ring(all.length, 1);
      for (int i = 0; i < pairs; i++) {
        all[ring.head()].register(registry);
      }
    }

    /** That each pair that is registered is connected, and no other. */
    @TearDown
    public void check() {
      int live = 0;
      for (Pair pair : all) {
        live += pair.producer.peer() == pair.consumer ? 1 : 0;
      }
      Check.that(Math.abs(live - pairs) <= BATCH, "as many pairs are connected as were resident");
      Check.that(
          registry.connected() >= live && 2 * registry.connected() == registry.registered(),
          "the registry counts what is connected");
    }
  }

  /** Before each batch, the oldest go. */
  @State(Scope.Thread)
  public static class RoomForMore extends Pairs {
    /** Unregisters a batch. */
    @Setup(Level.Invocation)
    public void unregister() {
      for (int i = 0; i < BATCH; i++) {
        all[ring.tail()].unregister(registry);
      }
    }
  }

  /** Before each batch, as many come. */
  @State(Scope.Thread)
  public static class MoreThanEnough extends Pairs {
    /** Registers a batch. */
    @Setup(Level.Invocation)
    public void register() {
      for (int i = 0; i < BATCH; i++) {
        all[ring.head()].register(registry);
      }
    }
  }

  /** Before each batch of touches, the oldest are touched as {@link RoomForMore} would do. */
  @State(Scope.Thread)
  public static class OldestTouched extends Pairs {
    /** Touches a batch. */
    @Setup(Level.Invocation)
    public void touch() {
      for (int i = 0; i < BATCH; i++) {
        all[ring.tail()].touch();
      }
    }

    /** That they were. */
    @TearDown
    public void checkTouched() {
      long touched = 0;
      for (Pair pair : all) {
        touched += pair.token.touched;
      }
      Check.that(touched > 0 && touched % BATCH == 0, "whole batches were touched");
    }
  }

  /** A pair is registered and connected. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public int register(RoomForMore pairs) {
    int refused = 0;
    for (int i = 0; i < BATCH; i++) {
      refused += pairs.all[pairs.ring.head()].register(pairs.registry);
    }
    return refused;
  }

  /** A pair is disconnected and unregistered. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public void unregister(MoreThanEnough pairs) {
    for (int i = 0; i < BATCH; i++) {
      pairs.all[pairs.ring.tail()].unregister(pairs.registry);
    }
  }

  /** What {@link #register} touches is only touched. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public void touch(OldestTouched pairs) {
    for (int i = 0; i < BATCH; i++) {
      pairs.all[pairs.ring.head()].touch();
    }
  }

  /** A pair comes, the oldest goes; by one thread. */
  @Benchmark
  @Threads(1)
  public int comeAndGo(Pairs pairs) {
    int refused = pairs.all[pairs.ring.head()].register(pairs.registry);
    pairs.all[pairs.ring.tail()].unregister(pairs.registry);
    return refused;
  }

  /** The same by two threads, on pairs of their own. */
  @Benchmark
  @Threads(2)
  public int comeAndGoTwice(Pairs pairs) {
    return comeAndGo(pairs);
  }

  /** The loop of {@link #comeAndGo} without a registry. */
  @Benchmark
  @Threads(1)
  public void touchBoth(Pairs pairs) {
    pairs.all[pairs.ring.head()].touch();
    pairs.all[pairs.ring.tail()].touch();
  }

  /** The same by two threads, on objects of their own. */
  @Benchmark
  @Threads(2)
  public void touchBothTwice(Pairs pairs) {
    touchBoth(pairs);
  }

  /** Two sides and their token, each with a field of its own. */
  static final class Pair {
    final Producer producer;
    final Consumer consumer = new Consumer();
    final Token token = new Token();

    Pair(HostIrq irq) {
      producer = new Producer(irq);
    }

    int register(BypassRegistry registry) {
      return registry.register(producer, token) + registry.register(consumer, token);
    }

    void unregister(BypassRegistry registry) {
      registry.unregister(consumer);
      registry.unregister(producer);
    }

    void touch() {
      producer.touched++;
      token.touched++;
      consumer.touched++;
    }
  }

  /** Accepts whatever comes. */
  static final class Producer extends BypassProducer {
    int touched;

    Producer(HostIrq irq) {
      super(irq, ConnectPolicy.OPPORTUNISTIC);
    }
  }

  /** Accepts whatever comes. */
  static final class Consumer extends BypassConsumer {
    int touched;

    Consumer() {
      super(ConnectPolicy.OPPORTUNISTIC);
    }

    @Override
    protected int addProducer(BypassProducer producer) {
      return 0;
    }

    @Override
    protected void delProducer(BypassProducer producer) {}
  }

  /** Nothing but a token. */
  static final class Token extends BypassToken {
    int touched;
  }
}
