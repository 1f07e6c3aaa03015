package org.irqbypass.comparison.explore;

import static com.google.common.truth.Truth.assertThat;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.common.base.Preconditions;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.io.ByteArrayInputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.irqbypass.comparison.catalogue.Catalogue;
import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.comparison.contender.ContenderRun;
import org.irqbypass.comparison.contender.Plan;
import org.irqbypass.comparison.contender.TrialRunner;
import org.irqbypass.registry.BypassConsumer;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.Pairing;
import org.irqbypass.scenario.HostOptions;
import org.irqbypass.scenario.HostParts;
import org.irqbypass.scenario.Scenario;
import org.irqbypass.scenario.SimulatedHost;
import org.irqbypass.work.CooperativeWaiter;
import org.irqbypass.work.Mutex;
import org.irqbypass.work.Waiter;
import org.irqbypass.work.WorkQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is found where others go on in the middle of calls. */
@Timeout(300)
final class InterleavingTest {
  private static final Bounds ALL = new Bounds(20_000, 0, -1, true, true, 100, 1, 2);

  /** Two threads of the monitor bind one eventfd each, of which one is signalled meanwhile. */
  private static final String TWO_BINDINGS =
      """
      name: two-bindings
      platform: x86-posted
      devices: {nic: {msix: 2, reset: true}}
      explore: {from: races, until: end}
      steps:
        - vmm:
            - vm.new vm=v0
            - vm.irqchip vm=v0
            - vm.vcpu vm=v0 vcpu=0
            - dev.open dev=nic
            - ef.new fd=e0
            - ef.new fd=e1
        - guest:
            - kvm.lapic_setup vm=v0 vcpu=0
            - guest.enter vm=v0 vcpu=0
        - vmm:
            - kvm.routing vm=v0 entries=msi:24:0xfee00000:0x41;msi:25:0xfee00000:0x42
            - vfio.set_irqs dev=nic index=MSIX flags=DATA_EVENTFD|ACTION_TRIGGER start=0 count=2 fds=e0,e1
        - mark: races
        - vmm: kvm.irqfd vm=v0 fd=e0 gsi=24
        - vmm2: kvm.irqfd vm=v0 fd=e1 gsi=25
        - device: irq.raise dev=nic index=MSIX vector=0
        - mark: end
        - vmm: teardown
      """;

  /** One end is set up while the device raises, and the other while the guest takes. */
  private static final String TWO_ENDS =
      """
      name: two-ends
      platform: x86-posted
      devices: {nic: {msix: 1, reset: true}}
      explore: {from: races, until: end}
      steps:
        - vmm:
            - vm.new vm=v0
            - vm.irqchip vm=v0
            - vm.vcpu vm=v0 vcpu=0
            - dev.open dev=nic
            - ef.new fd=e0
        - guest:
            - kvm.lapic_setup vm=v0 vcpu=0
            - guest.enter vm=v0 vcpu=0
        - vmm: kvm.routing vm=v0 entries=msi:24:0xfee00000:0x41
        - mark: races
        - vmm: vfio.set_irqs dev=nic index=MSIX flags=DATA_EVENTFD|ACTION_TRIGGER start=0 count=1 fds=e0
        - vmm2: kvm.irqfd vm=v0 fd=e0 gsi=24
        - device: irq.raise dev=nic index=MSIX vector=0
        - guest: guest.run vm=v0 vcpu=0
        - vmm2: kvm.irqfd vm=v0 fd=e0 gsi=24 flags=DEASSIGN
        - mark: end
        - vmm: teardown
      """;

  private static Scenario scenario(String yaml) {
    return Scenario.read("test.yaml", new ByteArrayInputStream(yaml.getBytes(UTF_8)));
  }

  private static Exploration explore(Plot plot, Bounds bounds) {
    return new Explorer(plot, bounds).explore((schedules, states, left) -> {});
  }

  private static ImmutableSet<Ending> endings(Exploration exploration) {
    return exploration.census().endings().stream()
        .map(Census.Share::ending)
        .collect(ImmutableSet.toImmutableSet());
  }

  @ParameterizedTest
  @EnumSource(names = {"AUTOMATIC_LINUX", "AUTOMATIC_RETRY", "EXPLICIT_ADVISED"})
  void whatWholeCallsComeToPiecesComeToAsWell(Contender contender) {
    Plot plot = Plot.of(scenario(TWO_ENDS), contender, Promises.bundled());
    Exploration whole = explore(plot, ALL);
    Exploration pieces = explore(plot.finely(), ALL);

    assertThat(whole.coverage().complete()).isTrue();
    assertThat(pieces.coverage().complete()).isTrue();
    assertThat(pieces.coverage().states()).isGreaterThan(whole.coverage().states());
    assertThat(endings(pieces)).containsAtLeastElementsIn(endings(whole));
    assertThat(whole.violations()).isEmpty();
    assertThat(pieces.violations()).isEmpty();
  }

  @Test
  void endsAreTheSameWithoutMergingAndReduction() {
    Plot plot =
        Plot.of(scenario(TWO_BINDINGS), Contender.AUTOMATIC_LINUX, Promises.bundled()).finely();
    Exploration pruned = explore(plot, ALL);
    Exploration exhaustive = explore(plot, ALL.exhaustive());

    assertThat(pruned.coverage().complete()).isTrue();
    assertThat(exhaustive.coverage().complete()).isTrue();
    assertThat(pruned.census()).isEqualTo(exhaustive.census());
    assertThat(pruned.coverage().schedules()).isLessThan(exhaustive.coverage().schedules());
  }

  @Test
  void theNumberOfThreadsDoesNotMatter() {
    Plot plot = Plot.of(scenario(TWO_ENDS), Contender.AUTOMATIC_RETRY, Promises.bundled()).finely();
    Exploration one = explore(plot, new Bounds(300, 0, -1, true, true, 50, 7, 1));
    Exploration four = explore(plot, new Bounds(300, 0, -1, true, true, 50, 7, 4));

    assertThat(four).isEqualTo(one);
  }

  /**
   * A host that can program one interrupt only. Each connect looks whether none is, takes the lock
   * of the table, and programs.
   */
  private static final class OneEntry implements HostParts {
    private @Nullable Mutex table;
    private int used;

    @Override
    public Pairing pairing(Pairing linux, WorkQueue workQueue) {
      return new Pairing() {
        @Override
        public int connect(BypassProducer producer, BypassConsumer consumer) {
          if (used > 0) {
            return 1;
          }
          locked(() -> used++);
          return linux.connect(producer, consumer);
        }

        @Override
        public void disconnect(BypassProducer producer, BypassConsumer consumer) {
          linux.disconnect(producer, consumer);
          locked(() -> used--);
        }
      };
    }

    private void locked(Runnable change) {
      Mutex lock = Preconditions.checkNotNull(table);
      lock.lock();
      change.run();
      lock.unlock();
    }

    static SimulatedHost host(HostOptions options) {
      OneEntry parts = new OneEntry();
      SimulatedHost host = SimulatedHost.create(options, parts);
      parts.table = new Mutex(host.kvm().kernel().waiter(), "the table");
      return host;
    }
  }

  private record OnlyOneConnected() implements Property {
    @Override
    public String name() {
      return "one-entry";
    }

    @Override
    public @Nullable String violation(Moment moment) {
      return moment.host().registry().connected() > 1 ? "two have the only entry" : null;
    }
  }

  private static Plot planted(Property property, Supplier<SimulatedHost> hosts) {
    return Plot.of(
        scenario(TWO_BINDINGS), Contender.AUTOMATIC_LINUX, ImmutableList.of(property), hosts);
  }

  @Test
  void findsWhatTwoCallsDoBetweenTheLocksOfEachOther() {
    HostOptions options = HostOptions.of(scenario(TWO_BINDINGS));
    Plot plot = planted(new OnlyOneConnected(), () -> OneEntry.host(options));

    assertThat(explore(plot, ALL).violations()).isEmpty();
    Exploration pieces = explore(plot.finely(), ALL);

    assertThat(pieces.violations()).hasSize(1);
    Counterexample found = pieces.violations().get(0);
    assertThat(found.property()).isEqualTo("one-entry");
    assertThat(found.command()).contains(" --fine --schedule " + found.schedule());
    assertThat(found.lines().toString())
        .contains("Others can go on: it is about to lock the table");
    assertThat(found.actors()).containsExactly("vmm", "vmm2");
    assertThat(Telling.replay(plot.finely(), Schedule.parse(found.schedule())).violations())
        .containsExactly("one-entry: two have the only entry");
  }

  /** A host whose connects take two locks, in an order that depends on the interrupt. */
  private static SimulatedHost crossing(HostOptions options) {
    Mutex[] locks = new Mutex[2];
    HostParts parts =
        new HostParts() {
          @Override
          public Pairing pairing(Pairing linux, WorkQueue workQueue) {
            return new Pairing() {
              private int connects;

              @Override
              public int connect(BypassProducer producer, BypassConsumer consumer) {
                int first = connects++ % 2;
                locks[first].lock();
                try {
                  locks[1 - first].lock();
                  locks[1 - first].unlock();
                  return linux.connect(producer, consumer);
                } finally {
                  locks[first].unlock();
                }
              }

              @Override
              public void disconnect(BypassProducer producer, BypassConsumer consumer) {
                linux.disconnect(producer, consumer);
              }
            };
          }
        };
    SimulatedHost host = SimulatedHost.create(options, parts);
    locks[0] = new Mutex(host.kvm().kernel().waiter(), "one lock");
    locks[1] = new Mutex(host.kvm().kernel().waiter(), "the other lock");
    return host;
  }

  @Test
  void findsTwoCallsThatWaitForTheLocksOfEachOther() {
    HostOptions options = HostOptions.of(scenario(TWO_BINDINGS));
    Property promise =
        Promises.bundled().stream()
            .filter(each -> each.name().equals("no-deadlock"))
            .findFirst()
            .orElseThrow();
    Plot plot = planted(promise, () -> crossing(options));

    assertThat(explore(plot, ALL).violations()).isEmpty();
    Exploration pieces = explore(plot.finely(), ALL);

    assertThat(pieces.violations()).hasSize(1);
    assertThat(pieces.violations().get(0).property()).isEqualTo("no-deadlock");
    assertThat(pieces.violations().get(0).lines().toString()).contains("waits for the other lock");
    assertThat(pieces.coverage().complete()).isTrue();
  }

  @Test
  void playsThatAreDroppedKeepNoThreads() {
    Plot plot = Plot.of(scenario(TWO_ENDS), Contender.AUTOMATIC_LINUX, Promises.bundled()).finely();
    Exploration pieces = explore(plot, new Bounds(500, 0, -1, true, true, 0, 1, 2));

    assertThat(pieces.coverage().schedules()).isAtLeast(100L);
    long alive =
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getName().equals("explored"))
            .count();
    assertThat(alive).isAtMost(2L * 6); // of two plays at a time, the actors and some workers
  }

  /** Notes whose locks are spun on where others could go on. */
  private static final class Watching implements Waiter {
    private final Waiter waiter;
    private final Set<String> ways;
    private final List<String> held = new ArrayList<>();
    private int regions;

    Watching(Waiter waiter, Set<String> ways) {
      this.waiter = waiter;
      this.ways = ways;
    }

    private void look(Object where) {
      regions++;
      // To find a thread's locks costs a walk through the heap: once for each way here is enough.
      if (!ways.add(Arrays.toString(Thread.currentThread().getStackTrace()))) {
        return;
      }
      ThreadInfo[] self =
          ManagementFactory.getThreadMXBean()
              .getThreadInfo(new long[] {Thread.currentThread().getId()}, true, true);
      if (self[0].getLockedMonitors().length > 0) {
        held.add(where + ": " + self[0].getLockedMonitors()[0]);
      }
      // The executor's own worker is one, of the pool that runs this.
      for (var lock : self[0].getLockedSynchronizers()) {
        if (!lock.getClassName().contains("ThreadPoolExecutor")) {
          held.add(where + ": " + lock);
        }
      }
    }

    @Override
    public void await(BooleanSupplier condition, String reason) {
      look(reason);
      waiter.await(condition, reason);
    }

    @Override
    public void mightSleep() {
      look("might sleep");
      waiter.mightSleep();
    }

    @Override
    public void schedule() {
      look("schedule");
      waiter.schedule();
    }

    @Override
    public void beforeLock(Object lock) {
      look(lock);
    }

    @Override
    public void changed() {
      waiter.changed();
    }
  }

  @Test
  void nobodySpinsOnALockOfWhoLetsOthersGoOn() throws Exception {
    Set<String> ways = new HashSet<>();
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      for (String name : Catalogue.scenarios()) {
        for (Contender contender : List.of(Contender.AUTOMATIC_RETRY, Contender.EXPLICIT_LATE)) {
          Watching watching = thread.submit(() -> watch(name, contender, ways)).get();

          assertThat(watching.held).isEmpty();
          assertThat(watching.regions).isGreaterThan(5);
        }
      }
    } finally {
      thread.shutdownNow();
    }
  }

  private static Watching watch(String name, Contender contender, Set<String> ways) {
    Scenario scenario = Catalogue.load(name).scenario();
    SimulatedHost host = SimulatedHost.create(contender.hostFor(scenario));
    Watching watching = new Watching(new CooperativeWaiter(host.workQueue()), ways);
    host.interleave(watching);
    ContenderRun run = new ContenderRun(scenario, contender, host);
    TrialRunner.take(run, Plan.of(scenario, contender), 0, scenario.steps().size());
    return watching;
  }

  @ParameterizedTest
  @EnumSource(Contender.class)
  void aBundledScenarioIsPlayedInPieces(Contender contender) {
    Plot plot =
        Plot.of(Catalogue.load("platform-level-irq").scenario(), contender, Promises.bundled());
    Exploration whole = explore(plot, ALL);
    Exploration pieces = explore(plot.finely(), ALL);

    assertThat(pieces.violations()).isEmpty();
    assertThat(pieces.coverage().complete()).isTrue();
    assertThat(endings(pieces)).containsAtLeastElementsIn(endings(whole));
  }
}
