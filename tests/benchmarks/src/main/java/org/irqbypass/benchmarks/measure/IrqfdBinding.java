package org.irqbypass.benchmarks.measure;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.irqbypass.host.PostedPlatform;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.Vm;
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

/** An eventfd is bound to a guest interrupt, and unbound ({@code KVM_IRQFD}). */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class IrqfdBinding {
  private static final int BATCH = 100;
  private static final int GSIS = 2048;

  /** Makes the benchmark; JMH does. */
  public IrqfdBinding() {}

  /** Bound eventfds, and as many that are not. */
  @State(Scope.Thread)
  public static class Irqfds {
    /** How many irqfds are resident. */
    @Param({"100", "1000", "10000", "100000"})
    public int irqfds;

    /** How many VMs share them. */
    @Param({"1", "100", "10000"})
    public int vms;

    final X86Host host = new X86Host(new PostedPlatform("x86-posted"));
    private IrqfdRequest[] assign = {};
    private IrqfdRequest[] deassign = {};
    private Vm[] machines = {};
    private Ring ring = new Ring(1, 0);

    /** Binds the residents. */
    @Setup
    public void populate() {
      machines = new Vm[vms];
      RoutingEntry[] routes = new RoutingEntry[Math.min(GSIS, Math.max(1, 2 * irqfds / vms))];
      for (int gsi = 0; gsi < routes.length; gsi++) {
        routes[gsi] = X86Host.message(gsi, gsi % X86Host.VECTORS_PER_VCPU);
      }
      for (int i = 0; i < vms; i++) {
        machines[i] = host.vm(1);
        machines[i].setGsiRouting(List.of(routes), 0);
      }
      assign = new IrqfdRequest[2 * irqfds];
      deassign = new IrqfdRequest[2 * irqfds];
      for (int i = 0; i < assign.length; i++) {
        int fd = host.install(host.eventfd());
        int gsi = i / vms % routes.length;
        assign[i] = IrqfdRequest.assign(fd, gsi);
        deassign[i] = IrqfdRequest.deassign(fd, gsi);
      }
      ring = new Ring(assign.length, 1);
      for (int i = 0; i < irqfds; i++) {
        assign();
      }
    }

    void assign() {
      int place = ring.head();
      machines[place % vms].irqfd(assign[place]);
    }

    void deassign() {
      int place = ring.tail();
      machines[place % vms].irqfd(deassign[place]);
    }

    /** That as many are bound, and registered as consumers, as were resident. */
    @TearDown
    public void check() {
      int bound = 0;
      for (Vm vm : machines) {
        bound += vm.irqfds().size();
      }
      Check.that(Math.abs(bound - irqfds) <= BATCH, "as many are bound as were resident");
      Check.equal(host.kernel.registry().registered(), bound, "registered consumers");
    }
  }

  /** Before each batch, the oldest go. */
  @State(Scope.Thread)
  public static class RoomForMore extends Irqfds {
    /** Unbinds a batch. */
    @Setup(Level.Invocation)
    public void deassignOldest() {
      for (int i = 0; i < BATCH; i++) {
        deassign();
      }
      host.deferred.run();
    }
  }

  /** Before each batch, as many come. */
  @State(Scope.Thread)
  public static class MoreThanEnough extends Irqfds {
    /** Binds a batch. */
    @Setup(Level.Invocation)
    public void assignMore() {
      host.deferred.run();
      for (int i = 0; i < BATCH; i++) {
        assign();
      }
    }
  }

  /** An eventfd is bound. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public void assign(RoomForMore irqfds) {
    for (int i = 0; i < BATCH; i++) {
      irqfds.assign();
    }
  }

  /** An eventfd is unbound. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public void deassign(MoreThanEnough irqfds) {
    for (int i = 0; i < BATCH; i++) {
      irqfds.deassign();
    }
  }
}
