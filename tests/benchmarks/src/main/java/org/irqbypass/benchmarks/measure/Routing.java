package org.irqbypass.benchmarks.measure;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.host.PostedPlatform;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.RoutingTable;
import org.irqbypass.kvm.Vm;
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
 * A routing table is replaced under irqfds that are posted ({@code KVM_SET_GSI_ROUTING}): by one
 * that differs in one entry, and is made of other objects throughout.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class Routing {
  private static final int MOST_IRQFDS = 1000;

  /** How many entries the table has. */
  @Param({"1", "256", "4096"})
  public int entries;

  private final CountingPlatform platform = new CountingPlatform(new PostedPlatform("x86-posted"));
  private final X86Host host = new X86Host(platform);
  private final Vm vm = host.vm(1);
  private List<RoutingEntry> current = List.of();
  private List<RoutingEntry> next = List.of();
  private long programmed;
  private long replaced;

  /** Makes the benchmark; JMH does. */
  public Routing() {}

  /** Binds the irqfds, each paired, each on a gsi of its own. */
  @Setup
  public void populate() {
    current = table(0);
    next = table(1);
    vm.setGsiRouting(current, 0);
    int irqfds = Math.min(MOST_IRQFDS, entries);
    for (int i = 0; i < irqfds; i++) {
      EventfdContext eventfd = host.eventfd();
      vm.irqfd(IrqfdRequest.assign(host.install(eventfd), i * (entries / irqfds)));
      var unused = host.kernel.registry().register(MessageSource.of(host, i), eventfd);
    }
    Check.equal(host.kernel.registry().connected(), irqfds, "pairings");
    programmed = platform.programmed();
  }

  private List<RoutingEntry> table(int vectorOfFirst) {
    List<RoutingEntry> table = new ArrayList<>();
    for (int gsi = 0; gsi < entries; gsi++) {
      int vector = gsi == 0 ? vectorOfFirst : gsi % X86Host.VECTORS_PER_VCPU;
      table.add(X86Host.message(gsi, vector));
    }
    return List.copyOf(table);
  }

  /** The table is replaced. */
  @Benchmark
  public RoutingTable replace() {
    List<RoutingEntry> before = current;
    vm.setGsiRouting(next, 0);
    current = next;
    next = before;
    replaced++;
    return vm.routing();
  }

  /** That each time the one irqfd whose route changed was programmed anew, and no other. */
  @TearDown
  public void check() {
    Check.equal(vm.routing().size(), entries, "entries of the table in force");
    Check.equal(platform.programmed() - programmed, replaced, "irqfds reprogrammed");
  }
}
