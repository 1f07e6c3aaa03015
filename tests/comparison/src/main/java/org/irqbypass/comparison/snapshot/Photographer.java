package org.irqbypass.comparison.snapshot;

import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.irqbypass.comparison.account.Interrupt;
import org.irqbypass.comparison.explain.Cause;
import org.irqbypass.comparison.explain.DeviceInterrupts;
import org.irqbypass.comparison.explain.Explainer;
import org.irqbypass.comparison.explain.Explanation;
import org.irqbypass.comparison.snapshot.InterruptRow.End;
import org.irqbypass.comparison.snapshot.InterruptRow.Path;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.host.HostIrq;
import org.irqbypass.kvm.Irqfd;
import org.irqbypass.kvm.Msi;
import org.irqbypass.kvm.Route;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.Vcpu;
import org.irqbypass.kvm.Vm;
import org.irqbypass.kvm.VmConsumer;
import org.irqbypass.kvm.arm64.Arm64Vcpu;
import org.irqbypass.kvm.arm64.Arm64Vm;
import org.irqbypass.kvm.arm64.ListRegister;
import org.irqbypass.kvm.arm64.SpiState;
import org.irqbypass.kvm.arm64.Vgic;
import org.irqbypass.kvm.x86.X86Vcpu;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.BypassReason;
import org.irqbypass.registry.BypassStatus;
import org.irqbypass.scenario.DeviceDescription;
import org.irqbypass.scenario.HostDevice;
import org.irqbypass.scenario.SimulatedHost;
import org.irqbypass.vfio.VfioInterrupt;
import org.jspecify.annotations.Nullable;

/** Takes one picture of a host. */
final class Photographer {
  /** An address's destination is a set of local APICs. */
  private static final int LOGICAL = 1 << 2;

  private static final int BROADCAST = 0xff;

  private final SimulatedHost host;

  /** By eventfd: an eventfd may have several irqfds, one in each VM. */
  private final Map<EventfdContext, List<Irqfd>> irqfds = new LinkedHashMap<>();

  private final Map<Vm, String> vmNames = new LinkedHashMap<>();

  /** What waits at which vCPU, and what is in service there, by VM and number. */
  private final Map<String, Waiting> waiting = new HashMap<>();

  private static final class Waiting {
    final List<Integer> pending = new ArrayList<>();
    final List<Integer> inService = new ArrayList<>();
  }

  Photographer(SimulatedHost host) {
    this.host = host;
  }

  Snapshot picture() {
    ImmutableMap.Builder<String, VcpuRow> vcpus = ImmutableMap.builder();
    for (String name : host.descriptors().openOf("vm:")) {
      Vm vm = host.kvm().vm(host.descriptors().fd(name));
      vmNames.put(vm, name.substring("vm:".length()));
      vm.irqfds()
          .forEach(
              irqfd ->
                  irqfds.computeIfAbsent(irqfd.eventfd(), any -> new ArrayList<>()).add(irqfd));
      for (Vcpu vcpu : vm.vcpus()) {
        VcpuRow row = vcpu(vcpu);
        vcpus.put(row.name(), row);
      }
    }
    ImmutableMap.Builder<String, InterruptRow> interrupts = ImmutableMap.builder();
    ofDevices().forEach(row -> interrupts.put(row.name(), row));
    withoutDevice().forEach(row -> interrupts.put(row.name(), row));
    return new Snapshot(interrupts.buildOrThrow(), vcpus.buildOrThrow());
  }

  private List<InterruptRow> ofDevices() {
    Map<Interrupt, VfioInterrupt> ends = new HashMap<>();
    for (HostDevice device : host.devices().values()) {
      DeviceDescription description = host.options().devices().get(device.name());
      if (device.vfio().isOpen() && description != null) {
        ends.putAll(DeviceInterrupts.of(device, description));
      }
    }
    List<InterruptRow> rows = new ArrayList<>();
    for (Explanation explanation : Explainer.explain(host)) {
      VfioInterrupt end = ends.get(explanation.interrupt());
      if (end != null && (explanation.cause() != Cause.NOT_SET_UP || end.isForwarded())) {
        rows.add(ofDevice(explanation, end));
      }
    }
    return rows;
  }

  private InterruptRow ofDevice(Explanation explanation, VfioInterrupt end) {
    HostIrq irq = end.hostIrq();
    EventfdContext trigger = end.trigger();
    List<Irqfd> bound = trigger == null ? null : irqfds.remove(trigger);
    Irqfd irqfd = bound == null ? null : bound.get(0);
    BypassProducer connected = end.connected();
    VmConsumer consumer =
        connected != null && connected.peer() instanceof VmConsumer peer ? peer : null;
    boolean requested = irq != null && irq.isRequested();
    return new InterruptRow(
        explanation.interrupt().toString(),
        explanation.interrupt(),
        irq == null || !requested ? "" : host(irq, end),
        end(explanation.vfio()),
        trigger == null ? "" : host.descriptors().nameOf(trigger),
        end.isForwarded()
            ? consumer == null ? End.ABSENT : End.PAIRED
            : irqfd == null ? End.ABSENT : end(irqfd.status()),
        binding(bound, consumer),
        irqfd != null
            ? route(irqfd.vm(), irqfd.gsi())
            : consumer != null ? route(consumer.vm(), consumer.gsi()) : "",
        irqfd != null
            ? guest(irqfd.vm(), irqfd.gsi())
            : consumer != null ? guest(consumer.vm(), consumer.gsi()) : "",
        end.isForwarded(),
        way(explanation, requested, trigger, irqfd),
        explanation.cause(),
        explanation.errno());
  }

  private static Path way(
      Explanation explanation,
      boolean requested,
      @Nullable EventfdContext trigger,
      @Nullable Irqfd irqfd) {
    if (requested && explanation.vfio().isBypassed()) {
      return Path.BYPASSED;
    }
    if (!requested || trigger == null) {
      return Path.NOWHERE;
    }
    return irqfd == null ? Path.USERSPACE : Path.KERNEL;
  }

  private static String host(HostIrq irq, VfioInterrupt end) {
    List<String> words = new ArrayList<>();
    if (end.isMasked()) {
      words.add("masked");
    }
    if (end.isBeingHandled()) {
      words.add("in flight, masked until completed");
    } else if (irq.isDisabled() && !end.isMasked()) {
      words.add("disabled");
    }
    if (irq.isActive()) {
      words.add("active");
    }
    if (irq.isLineHigh()) {
      words.add("line high");
    } else if (irq.isPending()) {
      words.add("pending");
    }
    return words.isEmpty() ? "idle" : String.join(", ", words);
  }

  private static End end(BypassStatus status) {
    return switch (status.state()) {
      case CONNECTED -> End.PAIRED;
      case WAITING ->
          status.reason() == BypassReason.NO_PEER || status.reason() == BypassReason.NOT_REGISTERED
              ? End.WAITING
              : End.REFUSED;
      case UNREGISTERED -> status.errno() == null ? End.ABSENT : End.REFUSED;
    };
  }

  private String binding(@Nullable List<Irqfd> bound, @Nullable VmConsumer consumer) {
    if (bound == null) {
      return consumer == null ? "" : binding(consumer.vm(), consumer.gsi());
    }
    List<String> bindings = new ArrayList<>();
    bound.forEach(irqfd -> bindings.add(binding(irqfd.vm(), irqfd.gsi())));
    return String.join(", ", bindings);
  }

  private String binding(Vm vm, int gsi) {
    return name(vm) + " gsi " + Integer.toUnsignedString(gsi);
  }

  private String name(Vm vm) {
    return vmNames.getOrDefault(vm, "a closed VM");
  }

  /** Irqfds whose eventfd no interrupt of an open device signals. */
  private List<InterruptRow> withoutDevice() {
    List<InterruptRow> rows = new ArrayList<>();
    irqfds.forEach(
        (eventfd, bound) -> {
          String name = host.descriptors().nameOf(eventfd);
          Irqfd first = bound.get(0);
          rows.add(
              new InterruptRow(
                  "eventfd " + name,
                  null,
                  "",
                  End.ABSENT,
                  name,
                  end(first.status()),
                  binding(bound, null),
                  route(first.vm(), first.gsi()),
                  guest(first.vm(), first.gsi()),
                  false,
                  Path.NOWHERE,
                  Cause.NO_TRIGGER,
                  first.status().errno()));
        });
    return rows;
  }

  private static String route(Vm vm, int gsi) {
    List<Route> routes = vm.routing().routes(gsi);
    if (routes.size() != 1) {
      return routes.isEmpty() ? "" : routes.size() + " routes";
    }
    RoutingEntry entry = routes.get(0).entry();
    if (entry instanceof RoutingEntry.Irqchip pin) {
      return vm.architecture() instanceof Arm64Vm
          ? "SPI " + pin.pin()
          : "pin " + pin.pin() + " of " + (pin.irqchip() == 2 ? "the IOAPIC" : "a PIC");
    }
    if (entry instanceof RoutingEntry.Message message) {
      if (vm.architecture() instanceof Arm64Vm arm64) {
        int lpi = arm64.lpiOf(gsi);
        return lpi < 0 ? "a message that no ITS translates" : "LPI " + lpi;
      }
      return "vector "
          + hex(message.message().data() & 0xff)
          + " to APIC "
          + Integer.toUnsignedString(apic(message.message()));
    }
    return "a route that injects nothing";
  }

  private String guest(Vm vm, int gsi) {
    Route route = vm.routing().onlyRoute(gsi);
    if (route == null) {
      return "";
    }
    if (vm.architecture() instanceof Arm64Vm arm64) {
      if (route.entry() instanceof RoutingEntry.Irqchip pin) {
        return spi(arm64, Vgic.PRIVATE_IRQS + pin.pin());
      }
      return at(vm, arm64.lpiOf(gsi), vcpu -> true);
    }
    return route.entry() instanceof RoutingEntry.Message message
        ? at(vm, message.message().data() & 0xff, vcpu -> mayReach(message.message(), vcpu))
        : "";
  }

  /** Of vCPUs with the same vector pending, whose it is. */
  private static boolean mayReach(Msi message, Vcpu vcpu) {
    boolean logical = (message.addressLo() & LOGICAL) != 0;
    int destination = apic(message);
    return logical
        || destination == BROADCAST
        || (vcpu instanceof X86Vcpu x86 && x86.localApic().id() == destination);
  }

  private static int apic(Msi message) {
    return ((message.addressLo() >> 12) & 0xff) | (message.addressHi() & ~0xff);
  }

  private static String spi(Arm64Vm arm64, int intid) {
    if (!arm64.isInterruptControllerReady()) {
      return "";
    }
    SpiState state = arm64.vgic().spiState(intid);
    List<String> words = new ArrayList<>();
    if (state.active()) {
      words.add("in service");
    }
    if (state.pending() || (state.line() && !state.active())) {
      words.add("pending");
    }
    return String.join(", ", words);
  }

  /** Where a vector of a message waits, or is in service. */
  private String at(Vm vm, int vector, Predicate<Vcpu> mayReach) {
    List<String> words = new ArrayList<>();
    for (Vcpu vcpu : vm.vcpus()) {
      Waiting there = waiting.get(name(vcpu));
      if (there == null || !mayReach.test(vcpu)) {
        continue;
      }
      if (there.pending.contains(vector)) {
        words.add("pending at vCPU " + vcpu.id());
      }
      if (there.inService.contains(vector)) {
        words.add("in service at vCPU " + vcpu.id());
      }
    }
    return String.join(", ", words);
  }

  private String name(Vcpu vcpu) {
    return name(vcpu.vm()) + " vCPU " + vcpu.id();
  }

  private VcpuRow vcpu(Vcpu vcpu) {
    Waiting there = new Waiting();
    if (vcpu instanceof X86Vcpu x86 && vcpu.vm().architecture().canSetIrqRouting()) {
      there.pending.addAll(x86.localApic().irr());
      there.inService.addAll(x86.localApic().isr());
    } else if (vcpu instanceof Arm64Vcpu arm64) {
      for (ListRegister register : arm64.listRegisters()) {
        if (register.pending()) {
          there.pending.add(register.intid());
        }
        if (register.active()) {
          there.inService.add(register.intid());
        }
      }
    }
    waiting.put(name(vcpu), there);
    return new VcpuRow(
        name(vcpu), state(vcpu), list(vcpu, there.pending), list(vcpu, there.inService));
  }

  private static String state(Vcpu vcpu) {
    return switch (vcpu.scheduling()) {
      case BLOCKED -> "sleeps";
      case PREEMPTED -> "scheduled out";
      case LOADED ->
          (vcpu.isInGuestMode() ? "in guest mode" : "outside guest mode")
              + (vcpu.physicalCpu() == vcpu.id() ? "" : ", on CPU " + vcpu.physicalCpu());
    };
  }

  private static String list(Vcpu vcpu, List<Integer> vectors) {
    return vectors.stream()
        .map(vector -> vcpu instanceof X86Vcpu ? hex(vector) : Integer.toString(vector))
        .collect(Collectors.joining(", "));
  }

  private static String hex(int vector) {
    return "0x" + Integer.toHexString(vector);
  }
}
