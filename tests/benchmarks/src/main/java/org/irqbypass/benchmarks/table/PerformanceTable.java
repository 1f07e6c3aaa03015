package org.irqbypass.benchmarks.table;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import org.irqbypass.benchmarks.table.Row.Baseline;
import org.irqbypass.benchmarks.table.Row.Target;
import org.jspecify.annotations.Nullable;

/** Lays what was measured beside Linux's figures and Java's own limits. */
public final class PerformanceTable {
  private static final String TARGETS = "Targets";
  private static final String LINUX = "Beside Linux";
  private static final String SCALE = "Over size";
  private static final String PRICE = "What else a caller may want to know";
  private static final String JAVA = "Java's own limits";

  /** Linux 6.17's registry, compiled in user space: nanoseconds by resident pairs. */
  private static final ImmutableMap<Integer, Double> XARRAY_REGISTER =
      ImmutableMap.of(1_000, 138.0, 10_000, 151.0, 100_000, 268.0, 1_000_000, 688.0);

  private static final ImmutableMap<Integer, Double> XARRAY_UNREGISTER =
      ImmutableMap.of(1_000, 152.0, 10_000, 269.0, 100_000, 879.0, 1_000_000, 1308.0);

  private static final double MICROS = 1e3;

  /** Spin on {@code registry.pml}. */
  private static final int SPIN_STATES = 23_400_000;

  private static final double SPIN_SECONDS = 31;
  private static final double SPIN_STATES_PER_SECOND = 750_000;

  private final Results results;
  private final Scale scale;
  private final ImmutableList.Builder<Row> rows = ImmutableList.builder();

  private PerformanceTable(Results results, Scale scale) {
    this.results = results;
    this.scale = scale;
  }

  /**
   * Makes the table's rows; what did not run has none.
   *
   * @param results what was measured
   * @param scale how fast this machine is
   * @return the rows, by section
   */
  public static ImmutableList<Row> rows(Results results, Scale scale) {
    PerformanceTable table = new PerformanceTable(results, scale);
    table.targets();
    table.explorer();
    table.besideLinux();
    table.overSize();
    table.prices();
    table.limits();
    return table.rows.build();
  }

  private void targets() {
    java(
        "posted: raise to notification, and the vCPU's harvest",
        "PostedWay.raiseAndHarvest",
        "post to a PIR and harvest it",
        "Limits.postAndHarvest",
        1.5,
        true);
    java(
        "posting what is pending, 2 threads contended",
        "PostedWay.postPending",
        "test the bit first",
        "Limits.testThenSet",
        5,
        true);
    linux(
        TARGETS,
        "not bypassed: raise to local APIC pending",
        "SoftwareWay.raise vectors=128",
        "Linux: eventfd write to local APIC",
        246,
        scaled(60).withoutAllocation());
    linux(
        TARGETS,
        "forwarded: raise to the guest's list register",
        "ForwardedWay.raise",
        null,
        0,
        scaled(100).withoutAllocation());
    linux(
        TARGETS,
        "forwarded: the guest's completion",
        "ForwardedWay.complete",
        null,
        0,
        scaled(100).withoutAllocation());
    XARRAY_REGISTER.forEach(
        (pairs, nanos) -> registry("register a matching pair", "register", pairs, nanos));
    XARRAY_UNREGISTER.forEach(
        (pairs, nanos) -> registry("unregister it", "unregister", pairs, nanos));
    beyondTouching("register");
    beyondTouching("unregister");
    for (int resident : XARRAY_REGISTER.keySet()) {
      twoThreads(resident);
    }
    for (int irqfds : new int[] {100, 1_000, 10_000, 100_000}) {
      for (String call : new String[] {"assign", "deassign"}) {
        linux(
            TARGETS,
            String.format("irqfd %s, %,d resident", call, irqfds),
            "IrqfdBinding." + call + " irqfds=" + irqfds + " vms=1",
            null,
            0,
            Target.atMost(scale.here(300, irqfds)));
      }
    }
    linux(
        TARGETS,
        "4,096 routes replaced under 1,000 irqfds",
        "Routing.replace entries=4096",
        "Linux: KVM_SET_GSI_ROUTING",
        332 * MICROS,
        scaled(100 * MICROS));
    linux(
        TARGETS,
        "174,000 irqfds made and paired by 2 threads, wall time each",
        "StormOfIrqfds.make vms=100",
        "published: average wait for the mutex",
        314,
        scaled(314));
    bytes("a registered, connected pair, beyond the caller's objects", "Footprint.beyond", 200.0);
  }

  private void registry(String what, String call, int pairs, double linux) {
    String name = "RegistryPairs." + call + " pairs=" + pairs;
    double here = scale.here(linux, pairs);
    add(
        TARGETS,
        String.format("%s, %,d resident", what, pairs),
        "ns",
        name,
        new Baseline("Linux: xarray", here),
        Target.atMost(here / 2));
  }

  private void beyondTouching(String call) {
    int pairs = 1_000_000;
    results
        .of("RegistryPairs.touch pairs=" + pairs)
        .ifPresent(
            touch ->
                add(
                    TARGETS,
                    String.format("%s, %,d resident, beside touching only", call, pairs),
                    "ns",
                    "RegistryPairs." + call + " pairs=" + pairs,
                    new Baseline("the same objects touched", touch.figure()),
                    Target.atMost(3 * touch.figure())));
  }

  /** Throughput of two threads in that of one. */
  private double speedup(String one, String two) {
    double single = results.of(one).map(Result::figure).orElse(Double.NaN);
    double twice = results.of(two).map(Result::figure).orElse(Double.NaN);
    return 2 * single / twice;
  }

  private void twoThreads(int resident) {
    String pairs = " pairs=" + resident;
    double ours =
        speedup("RegistryPairs.comeAndGo" + pairs, "RegistryPairs.comeAndGoTwice" + pairs);
    double loop =
        speedup("RegistryPairs.touchBoth" + pairs, "RegistryPairs.touchBothTwice" + pairs);
    if (!Double.isNaN(ours)) {
      rows.add(
          new Row(
              TARGETS,
              String.format("2 threads in 1 thread's throughput, %,d resident for each", resident),
              "x",
              Result.of(ours),
              Double.isNaN(loop) ? null : new Baseline("the loop without a registry", loop),
              Target.atLeast(Double.isNaN(loop) ? 1.8 : Math.min(1.8, 0.9 * loop))));
    }
  }

  /** Spin's figures are of a model; the more steps are tried, the better they can be compared. */
  private void explorer() {
    add(
        TARGETS,
        "the registry explored on the real classes, with reduction, to the verdict",
        "s",
        "RegistryProtocol.verdict",
        new Baseline("Spin: a model", scale.here(SPIN_SECONDS, SPIN_STATES)),
        Target.atMost(scale.here(SPIN_SECONDS, SPIN_STATES)));
    double statesPerSecond = 1 / scale.here(1 / SPIN_STATES_PER_SECOND, SPIN_STATES);
    add(
        TARGETS,
        "the same, states a second, a part without reduction",
        "states",
        "RegistryProtocol.states",
        new Baseline("Spin: a model", statesPerSecond),
        Target.atLeast(statesPerSecond));
    add(
        PRICE,
        "the registry explored, states a second with reduction",
        "states",
        "RegistryProtocol.reduced",
        null,
        null);
    add(
        PRICE,
        "the registry explored, schedules a second without reduction",
        "schedules",
        "RegistryProtocol.schedules",
        null,
        null);
  }

  private void besideLinux() {
    linux(
        LINUX,
        "irqfd assign, 1,000 resident",
        "IrqfdBinding.assign irqfds=1000 vms=1",
        "Linux: KVM_IRQFD",
        476,
        null);
    linux(
        LINUX,
        "irqfd assign, 10,000 resident",
        "IrqfdBinding.assign irqfds=10000 vms=1",
        "Linux: KVM_IRQFD",
        1226,
        null);
    linux(
        LINUX,
        "irqfd deassign, 1,000 resident",
        "IrqfdBinding.deassign irqfds=1000 vms=1",
        "Linux: KVM_IRQFD",
        109 * MICROS,
        null);
    linux(
        LINUX,
        "irqfd deassign, 10,000 resident",
        "IrqfdBinding.deassign irqfds=10000 vms=1",
        "Linux: KVM_IRQFD",
        469 * MICROS,
        null);
    linux(
        LINUX,
        "1 route replaced",
        "Routing.replace entries=1",
        "Linux: KVM_SET_GSI_ROUTING",
        59 * MICROS,
        null);
    linux(
        LINUX,
        "256 routes replaced",
        "Routing.replace entries=256",
        "Linux: KVM_SET_GSI_ROUTING",
        169 * MICROS,
        null);
    linux(
        LINUX,
        "a message sent by userspace",
        "SoftwareWay.signalMsi vectors=128",
        "Linux: KVM_SIGNAL_MSI",
        187,
        null);
    linux(
        LINUX,
        "an eventfd written and read",
        "SoftwareWay.writeAndRead vectors=128",
        "Linux: write(2) and read(2)",
        350,
        null);
    linux(
        LINUX,
        "an irqfd of the storm, average wait",
        "Storm.mean",
        "published, lists",
        117.86e6,
        null);
    linux(
        LINUX, "an irqfd of the storm, average wait", "Storm.mean", "published, xarray", 314, null);
  }

  private void overSize() {
    for (int pairs : XARRAY_REGISTER.keySet()) {
      plain(
          SCALE,
          String.format("two ConcurrentHashMaps, put and remove, %,d resident", pairs),
          "TwoMaps.putAndRemove pairs=" + pairs);
    }
    for (int pairs : XARRAY_REGISTER.keySet()) {
      plain(
          SCALE,
          String.format("the objects of a pair touched, %,d resident", pairs),
          "RegistryPairs.touch pairs=" + pairs);
    }
    for (String call : new String[] {"assign", "deassign"}) {
      for (int vms : new int[] {1, 100, 10_000}) {
        plain(
            SCALE,
            String.format("irqfd %s, 10,000 resident in %,d VMs", call, vms),
            "IrqfdBinding." + call + " irqfds=10000 vms=" + vms);
      }
    }
    for (String call : new String[] {"assign", "deassign"}) {
      plain(
          SCALE,
          String.format("irqfd %s, 1,000,000 resident in 1 VM", call),
          "IrqfdBinding." + call + " irqfds=1000000 vms=1");
    }
    for (int vectors : new int[] {128, 2048}) {
      plain(
          SCALE,
          String.format("not bypassed, a device of %,d vectors", vectors),
          "SoftwareWay.raise vectors=" + vectors);
    }
    for (int entries : new int[] {1, 256, 4096}) {
      plain(
          SCALE,
          String.format("%,d routes replaced", entries),
          "Routing.replace entries=" + entries);
    }
    for (int vms : new int[] {2, 100}) {
      plain(
          SCALE,
          String.format("storm of %,d VMs: made and paired, wall time each", vms),
          "StormOfIrqfds.make vms=" + vms);
      plain(
          SCALE,
          String.format("storm of %,d VMs: torn down, wall time each", vms),
          "StormOfIrqfds.unmake vms=" + vms);
    }
  }

  private void prices() {
    java(
        PRICE,
        "not bypassed, with a listener to all tracepoints",
        "SoftwareWay.raiseTraced vectors=128",
        "nobody listens",
        "SoftwareWay.raise vectors=128");
    java(
        PRICE,
        "a tracepoint to which nobody listens",
        "Tracing.off",
        "a field read",
        "Tracing.nothing");
    plain(PRICE, "not bypassed: raised, taken and ended", "SoftwareWay.raiseTakeEnd vectors=128");
    plain(PRICE, "posted: raised, taken and ended", "PostedWay.raiseTakeEnd");
    java(
        PRICE,
        "posted, 2 threads with a device and a vCPU each",
        "PostedWay.raiseAndHarvestTwice",
        "1 thread",
        "PostedWay.raiseAndHarvest");
    for (String quantile : new String[] {"50", "99", "99.9", "100"}) {
      plain(PRICE, "storm: an irqfd's wait, percentile " + quantile, "Storm.p" + quantile);
    }
    bytes(
        "a producer, a consumer and a token without a field of their own",
        "Footprint.baseClasses",
        null);
    bytes("a paired irqfd, beyond its eventfd and its producer", "Footprint.irqfd", null);
  }

  private void limits() {
    plain(JAVA, "one atomic OR on a PIR word", "Limits.atomicOr");
    plain(JAVA, "a bit that is set, 2 threads: blind OR", "Limits.setBlindly");
    plain(JAVA, "a bit that is set, 2 threads: test first", "Limits.testThenSet");
    plain(JAVA, "post to a 256-bit PIR and harvest it", "Limits.postAndHarvest");
    plain(JAVA, "synchronized, uncontended", "Limits.synchronizedBlock");
    plain(JAVA, "ReentrantLock, uncontended", "Limits.reentrantLock");
  }

  private Target scaled(double nanos) {
    return Target.atMost(scale.here(nanos));
  }

  private void java(
      String what, String name, String baseline, String of, double times, boolean noAllocation) {
    results
        .of(of)
        .ifPresent(
            limit -> {
              Target target = Target.atMost(times * limit.figure());
              add(
                  TARGETS,
                  what,
                  "ns",
                  name,
                  new Baseline("Java: " + baseline, limit.figure()),
                  noAllocation ? target.withoutAllocation() : target);
            });
  }

  private void java(String section, String what, String name, String baseline, String of) {
    results
        .of(of)
        .ifPresent(
            limit -> add(section, what, "ns", name, new Baseline(baseline, limit.figure()), null));
  }

  private void linux(
      String section,
      String what,
      String name,
      @Nullable String baseline,
      double nanos,
      @Nullable Target target) {
    add(
        section,
        what,
        "ns",
        name,
        baseline == null ? null : new Baseline(baseline, scale.here(nanos)),
        target);
  }

  private void plain(String section, String what, String name) {
    add(section, what, "ns", name, null, null);
  }

  private void bytes(String what, String name, @Nullable Double limit) {
    add(
        limit == null ? PRICE : TARGETS,
        what,
        "B",
        name,
        null,
        limit == null ? null : Target.atMost(limit));
  }

  private void add(
      String section,
      String what,
      String unit,
      String name,
      @Nullable Baseline against,
      @Nullable Target target) {
    results
        .of(name)
        .ifPresent(result -> rows.add(new Row(section, what, unit, result, against, target)));
  }
}
