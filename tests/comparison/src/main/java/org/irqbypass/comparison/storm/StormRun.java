package org.irqbypass.comparison.storm;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;
import org.irqbypass.comparison.cost.CostModel;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.scenario.DeviceDescription;
import org.irqbypass.scenario.HostOptions;
import org.irqbypass.scenario.Operation;
import org.irqbypass.scenario.Outcome;
import org.irqbypass.scenario.Runner;
import org.irqbypass.scenario.Scenario;
import org.irqbypass.scenario.Scenario.Storm;
import org.irqbypass.scenario.SimulatedHost;

/**
 * Runs the storm of a scenario: on one host every call is made, in the order in which the threads
 * come to this registry in modelled time, and all is counted; how long threads would wait for a
 * registry made in other ways is then played with the same costs. For one thread.
 */
public final class StormRun {
  /** The first gsi that is no pin of the IOAPIC. */
  private static final int FIRST_GSI = 24;

  /** The first vector of a guest that is no exception's. */
  private static final int FIRST_VECTOR = 0x20;

  private static final int VECTORS = 0x100 - FIRST_VECTOR;

  private final Storm storm;
  private final CostModel model;
  private final Runner runner;

  private StormRun(Scenario scenario, Storm storm, CostModel model) {
    this.storm = storm;
    this.model = model;
    this.runner =
        new Runner(
            SimulatedHost.create(
                new HostOptions(
                    scenario.platform(),
                    scenario.profile(),
                    ConnectPolicy.OPPORTUNISTIC,
                    devices(),
                    false,
                    false)));
  }

  /**
   * Runs a storm.
   *
   * @param scenario says on which platform
   * @param storm how large it is
   * @param model what things cost
   * @return what it came to
   * @throws org.irqbypass.scenario.InputException if the platform is not one of x86
   */
  public static StormResult of(Scenario scenario, Storm storm, CostModel model) {
    return new StormRun(scenario, storm, model).run();
  }

  private ImmutableMap<String, DeviceDescription> devices() {
    ImmutableMap.Builder<String, DeviceDescription> devices = ImmutableMap.builder();
    for (int machine = 0; machine < storm.machines(); machine++) {
      devices.put(
          device(machine), DeviceDescription.parse("msix:" + Weather.share(storm, machine)));
    }
    return devices.buildOrThrow();
  }

  private StormResult run() {
    for (int machine = 0; machine < storm.machines(); machine++) {
      boot(machine);
    }
    Histogram here = new Weather(storm, model).play(RegistryDesign.TOKENS, this::bind);
    int connected = Math.toIntExact(runner.host().registry().connected());
    var gone = new Weather(storm, model).play(RegistryDesign.TOKENS, this::unbind);
    int left = Math.toIntExact(runner.host().registry().registered());
    ImmutableList.Builder<Waits> waits = ImmutableList.builder();
    for (RegistryDesign design : RegistryDesign.values()) {
      waits.add(
          Waits.of(
              design,
              design == RegistryDesign.TOKENS
                  ? here
                  : new Weather(storm, model).play(design, (machine, number, side) -> {})));
    }
    return new StormResult(
        Math.toIntExact(gone.getTotalCount()), storm.machines(), connected, left, waits.build());
  }

  /**
   * A machine with one vCPU, a device whose vectors are enabled and trigger nothing yet, and a
   * route for each of them.
   */
  private void boot(int machine) {
    int share = Weather.share(storm, machine);
    String vm = vm(machine);
    call("vm.new", "vm", vm);
    call("vm.irqchip", "vm", vm);
    call("vm.vcpu", "vm", vm, "vcpu", 0);
    call("dev.open", "dev", device(machine));
    trigger(machine, 0, Collections.nCopies(share, "-1"));
    call(
        "kvm.routing",
        "vm",
        vm,
        "entries",
        IntStream.range(0, share)
            .mapToObj(
                number ->
                    "msi:%d:0xfee00000:%d"
                        .formatted(FIRST_GSI + number, FIRST_VECTOR + number % VECTORS))
            .collect(Collectors.joining(";")));
  }

  private void bind(int machine, int number, Weather.Side side) {
    switch (side) {
      case PRODUCER -> {
        call("ef.new", "fd", eventfd(machine, number));
        trigger(machine, number, List.of(eventfd(machine, number)));
      }
      case CONSUMER -> irqfd(machine, number, "0");
    }
  }

  private void unbind(int machine, int number, Weather.Side side) {
    switch (side) {
      case PRODUCER -> trigger(machine, number, List.of("-1"));
      case CONSUMER -> {
        irqfd(machine, number, "DEASSIGN");
        call("ef.close", "fd", eventfd(machine, number));
      }
    }
  }

  private void trigger(int machine, int first, List<String> eventfds) {
    call(
        "vfio.set_irqs",
        "dev",
        device(machine),
        "index",
        "MSIX",
        "flags",
        "DATA_EVENTFD|ACTION_TRIGGER",
        "start",
        first,
        "count",
        eventfds.size(),
        "fds",
        String.join(",", eventfds));
  }

  private void irqfd(int machine, int number, String flags) {
    call(
        "kvm.irqfd",
        "vm",
        vm(machine),
        "fd",
        eventfd(machine, number),
        "gsi",
        FIRST_GSI + number,
        "flags",
        flags);
  }

  private void call(String name, Object... arguments) {
    Operation operation = Operation.of(name, arguments);
    Outcome outcome = runner.run(operation);
    if (!outcome.succeeded()) {
      throw new IllegalStateException(operation.toText() + " = " + outcome.result());
    }
  }

  private static String vm(int machine) {
    return "v" + machine;
  }

  private static String device(int machine) {
    return "nic" + machine;
  }

  private static String eventfd(int machine, int number) {
    return "e" + machine + "-" + number;
  }
}
