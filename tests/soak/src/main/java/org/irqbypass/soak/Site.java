package org.irqbypass.soak;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.irqbypass.host.HostPlatform;
import org.irqbypass.host.Trigger;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.Vcpu;
import org.irqbypass.registry.BypassConsumer;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.registry.PrivateToken;

/**
 * A host with a VM and devices. One thread lets the devices interrupt and the guest take what comes
 * ({@link #interrupt}); another changes the configuration all the while ({@link #reconfigure}).
 *
 * <p>Locks, outermost first: the devices' traffic locks in their order, {@link #configuring}. A
 * change holds the second, and the first only where it must be quiet; who interrupts holds the
 * first for reading, and takes the second to settle what did not arrive: then every line is open.
 */
final class Site implements AutoCloseable {
  private static final int PHYSICAL_CPUS = 4;

  /** One round in so many raises a line several times before the guest takes anything. */
  private static final int BURSTS = 1024;

  private static final int BURST = 3;

  /** One round in so many schedules a vCPU. */
  private static final int SCHEDULING = 64;

  /** One round in so many raises levels, which cost more than the rest together. */
  private static final int LEVELS = 16;

  private static final int PATIENCE = 200;

  private final Machine machine;
  private final Host host;

  /** What came to the guest and is no device's. Written by who lets the devices interrupt. */
  private final Account stray = new Account();

  private final ImmutableMap<Change, LongAdder> calls =
      Maps.toMap(EnumSet.allOf(Change.class), change -> new LongAdder());
  private final ReentrantLock configuring = new ReentrantLock();
  private final List<Device> devices;
  private final List<Change> changes = new ArrayList<>();
  private final SplittableRandom random;
  private final SplittableRandom reconfiguring;
  private Guest guest;
  private int turn;

  Site(Machine machine, HostPlatform platform, long seed) {
    this.machine = machine;
    random = new SplittableRandom(seed);
    reconfiguring = random.split();
    host = new Host(platform, machine.architecture(), machine.isAutomatic());
    guest = machine.boot(host);
    devices = machine.devices(host, guest);
    route();
    devices.forEach(device -> device.bind(guest));
    for (Change change : Change.values()) {
      if (change == Change.REGISTRY
          || change == Change.VM
          || devices.stream().anyMatch(device -> device.knows(change))) {
        changes.add(change);
      }
    }
  }

  Machine machine() {
    return machine;
  }

  /** The sum over the devices; to be asked for when nobody runs. */
  Account account() {
    Account sum = new Account();
    sum.add(stray);
    devices.forEach(device -> sum.add(device.account));
    return sum;
  }

  long calls(Change change) {
    return adder(change).sum();
  }

  long calls() {
    return Arrays.stream(Change.values()).mapToLong(this::calls).sum();
  }

  private void called(Change change, int times) {
    adder(change).add(times);
  }

  private LongAdder adder(Change change) {
    return Objects.requireNonNull(calls.get(change));
  }

  // What the devices and the guest do

  /** Lets devices interrupt at least so often; returns how often. */
  long interrupt(long atLeast) {
    long raised = 0;
    while (raised < atLeast) {
      long before = raised;
      for (Device device : devices) {
        if (device.traffic.readLock().tryLock()) {
          try {
            raised += raise(device.lines());
            settle(device.lines());
          } finally {
            device.traffic.readLock().unlock();
          }
        }
      }
      if (raised == before) {
        Thread.onSpinWait();
      }
    }
    return raised;
  }

  /** Settles what the last changes left to the guest. */
  void finish() {
    devices.forEach(device -> settle(device.lines()));
  }

  private int raise(List<Line> lines) {
    if (random.nextInt(SCHEDULING) == 0) {
      schedule(guest.vcpus[random.nextInt(guest.vcpus.length)]);
    }
    boolean levels = random.nextInt(LEVELS) == 0;
    int raised = 0;
    for (int i = 0; i < lines.size(); i++) {
      Line line = lines.get(i);
      int times = 1;
      if (line.isLevel()) {
        times = levels ? 1 : 0;
      } else if (random.nextInt(BURSTS) == 0) {
        times = BURST;
      }
      for (int time = 0; time < times; time++) {
        line.raise();
      }
      raised += times;
    }
    return raised;
  }

  private void settle(List<Line> lines) {
    take();
    if (isOwing(lines)) {
      waitFor(lines);
    }
    for (int i = 0; i < lines.size(); i++) {
      lines.get(i).settle();
    }
  }

  private void schedule(Vcpu vcpu) {
    switch (random.nextInt(3)) {
      case 0 -> vcpu.put();
      case 1 -> vcpu.load(random.nextInt(PHYSICAL_CPUS));
      default -> {
        var unused = vcpu.block();
      }
    }
    called(Change.VCPU, 1);
  }

  /** The guest takes what there is. A vCPU that sleeps takes nothing: something has to wake it. */
  private void take() {
    for (Vcpu vcpu : guest.vcpus) {
      if (vcpu.scheduling() == Vcpu.Scheduling.BLOCKED) {
        continue;
      }
      vcpu.enter();
      for (int taken = vcpu.take(); taken >= 0; taken = vcpu.take()) {
        Line line = guest.line(taken);
        if (line == null) {
          stray.delivered++;
          stray.duplicated++; // of nobody that raised it
        } else {
          line.delivered();
        }
        vcpu.end(taken);
      }
    }
  }

  private static boolean isOwing(List<Line> lines) {
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).isOwed()) {
        return true;
      }
    }
    return false;
  }

  /** Waits for what is under way, and then for what waits for a change to end. */
  private void waitFor(List<Line> lines) {
    for (int i = 0; i < PATIENCE; i++) {
      Thread.onSpinWait();
      take();
      if (!isOwing(lines)) {
        return;
      }
    }
    configuring.lock();
    try {
      for (int i = 0; i < 2; i++) {
        host.runDeferred();
        take();
      }
      if (lines.stream().anyMatch(Line::isUndelivered)) {
        wakeUp();
        take();
      }
    } finally {
      configuring.unlock();
    }
  }

  /** Whoever sleeps now though it has something to take, sleeps for good. */
  private void wakeUp() {
    for (Vcpu vcpu : guest.vcpus) {
      if (vcpu.scheduling() == Vcpu.Scheduling.BLOCKED) {
        vcpu.load(vcpu.physicalCpu());
        if (vcpu.hasPending()) {
          stray.asleep++;
        }
      }
    }
  }

  // What the VMM does meanwhile

  /** Makes the next change; where that has to wait for the guest, another one. */
  void reconfigure() {
    Change change = changes.get(turn % changes.size());
    boolean made =
        switch (change) {
          case REGISTRY -> quietly(List.of(), this::meetAndPart);
          case VM -> quietly(devices, this::replaceVm);
          default -> change(change);
        };
    if (made) {
      turn++;
    } else {
      meetAndPart();
    }
  }

  private boolean change(Change change) {
    List<Device> able = devices.stream().filter(device -> device.knows(change)).toList();
    Device device = able.get(reconfiguring.nextInt(able.size()));
    int line = reconfiguring.nextInt(device.lines().size());
    return quietly(
        device.isQuiet(change) ? List.of(device) : List.of(),
        () -> {
          int made = device.apply(change, line);
          if (change == Change.ROUTE) {
            route();
            made++;
          }
          called(change, made);
        });
  }

  /**
   * Makes a change while no interrupt of some devices is in flight.
   *
   * @return false if the guest has yet to take one: it would go with what the change takes away
   */
  private boolean quietly(List<Device> quiet, Runnable change) {
    quiet.forEach(device -> device.traffic.writeLock().lock());
    configuring.lock();
    try {
      boolean settled =
          quiet.stream().flatMap(device -> device.lines().stream()).allMatch(Line::isSettled);
      if (settled) {
        change.run();
      }
      return settled;
    } finally {
      configuring.unlock();
      quiet.forEach(device -> device.traffic.writeLock().unlock());
    }
  }

  private void route() {
    List<RoutingEntry> entries = new ArrayList<>();
    devices.forEach(device -> entries.addAll(device.routes()));
    guest.vm.setGsiRouting(entries, 0);
  }

  private void replaceVm() {
    guest.close();
    host.runDeferred();
    devices.forEach(device -> device.lines().get(0).raise());
    guest = machine.boot(host);
    route();
    devices.forEach(device -> device.bind(guest));
    called(Change.VM, 1);
  }

  private void meetAndPart() {
    var irq = host.interrupts.allocate("other", Trigger.EDGE);
    var token = new PrivateToken("somebody else's");
    var producer = new BypassProducer(irq, ConnectPolicy.OPPORTUNISTIC) {};
    var consumer =
        new BypassConsumer(ConnectPolicy.OPPORTUNISTIC) {
          @Override
          protected int addProducer(BypassProducer other) {
            return 0;
          }

          @Override
          protected void delProducer(BypassProducer other) {}
        };
    var unused = host.kernel.registry().register(producer, token);
    var unusedToo = host.kernel.registry().register(consumer, token);
    host.kernel.registry().unregister(producer);
    host.kernel.registry().unregister(consumer);
    host.interrupts.release(irq);
    called(Change.REGISTRY, 4);
  }

  @Override
  public void close() {
    host.close();
  }
}
