package org.irqbypass.comparison.contender;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.irqbypass.comparison.account.Destination;
import org.irqbypass.comparison.account.Fact;
import org.irqbypass.comparison.account.Fact.Worked.Work;
import org.irqbypass.comparison.account.Interrupt;
import org.irqbypass.comparison.account.Way;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.eventfd.EventfdEvent;
import org.irqbypass.host.BypassMode;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.HostIrqEvent;
import org.irqbypass.host.Raise;
import org.irqbypass.kvm.KvmEvent;
import org.irqbypass.kvm.Vcpu;
import org.irqbypass.kvm.VcpuEvent;
import org.irqbypass.kvm.Vm;
import org.irqbypass.kvm.arm64.Arm64Vcpu;
import org.irqbypass.kvm.arm64.Arm64Vm;
import org.irqbypass.registry.RegistryEvent;
import org.irqbypass.scenario.DeviceDescription;
import org.irqbypass.scenario.Operation;
import org.irqbypass.scenario.Outcome;
import org.irqbypass.scenario.SimulatedHost;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.irqbypass.trace.TraceEvent;
import org.irqbypass.vfio.VfioEvent;
import org.jspecify.annotations.Nullable;

/**
 * Turns what a run shows, step by step, into facts for the account. Which device's interrupt an
 * event belongs to is read from the events themselves: a host interrupt belongs to the vector that
 * VFIO requested it for, a signal to the vector whose trigger the eventfd is, and what becomes
 * pending in a guest to the signal or the posting that went before.
 */
final class Observer implements Fingerprinted {
  private final SimulatedHost host;
  private final ImmutableMap<String, DeviceDescription> devices;
  private final Wiring wiring;
  private final HostIrqNames irqs;
  private final List<Fact> facts = new ArrayList<>();
  private final Set<Interrupt> possible = new TreeSet<>();

  /** Interrupts whose last signal went to an eventfd that the VMM reads itself. */
  private final Set<Interrupt> held = new LinkedHashSet<>();

  private final Map<Destination, Interrupt> lastOwner = new HashMap<>();

  /** Messages that are pending in a guest, one does not see where. */
  private final Set<Interrupt> unplaced = new LinkedHashSet<>();

  private final Map<Vm, String> vmNames = new LinkedHashMap<>();

  /** By VM and gsi, whose line was driven last. */
  private final Map<String, Interrupt> lines = new HashMap<>();

  /** The guest interrupt that a forwarding call named. */
  private final Map<Interrupt, Binding> asked = new HashMap<>();

  /** Which eventfd each interrupt triggered when the last call began. */
  private Map<Interrupt, String> beforeLastCall = ImmutableMap.of();

  Observer(SimulatedHost host, ImmutableMap<String, DeviceDescription> devices, Wiring wiring) {
    this.host = host;
    this.wiring = wiring;
    this.devices = devices;
    this.irqs = new HostIrqNames(host);
  }

  /**
   * Watches a step that is about to begin.
   *
   * @param forwarding whether it is there only for forwarding
   */
  Watch watch(Operation operation, boolean forwarding) {
    return new Watch(operation, forwarding);
  }

  /** Which device's interrupt a host interrupt is; null if none's. */
  @Nullable Interrupt interruptOf(HostIrq irq) {
    return irqs.of(irq);
  }

  /** A contender stopped asking. */
  void gaveUp(Interrupt interrupt) {
    facts.add(new Fact.GaveUp(interrupt));
  }

  /** What was seen. */
  List<Fact> facts() {
    return Collections.unmodifiableList(facts);
  }

  private void noteForwarding(Operation operation, Outcome outcome, boolean forwarding) {
    if (!operation.name().equals("kv.set") || !operation.has("index")) {
      return;
    }
    Interrupt interrupt = wiring.interrupt(operation, operation.u32("start", 0));
    if (outcome.errno() != null && forwarding) {
      facts.add(new Fact.Refused(interrupt, outcome.errno(), true, false));
    } else if (outcome.succeeded() && operation.has("gsis")) {
      String vm = wiring.vmOf(operation.text("kv"));
      asked.put(interrupt, new Binding(vm, operation.integers("gsis").get(0).intValue(), null));
    } else if (outcome.succeeded()) {
      asked.remove(interrupt);
    }
  }

  /**
   * Bypass is possible where both ends are there. What ends is told before what the step did, what
   * begins after it.
   */
  private void possibilities(boolean beginning) {
    BypassMode mode = host.interrupts().platform().bypass();
    for (Interrupt interrupt : union(possible, wiring.triggers().keySet())) {
      boolean now =
          wiring.binding(wiring.triggers().get(interrupt)) != null
              && (mode == BypassMode.FORWARDED
                  ? Wiring.isWired(interrupt)
                  : mode != BypassMode.NONE && Wiring.isMessage(interrupt));
      if (beginning && now && possible.add(interrupt)) {
        facts.add(new Fact.Possible(interrupt));
      } else if (!beginning && !now && possible.remove(interrupt)) {
        facts.add(new Fact.Impossible(interrupt));
      }
    }
  }

  private static Set<Interrupt> union(Set<Interrupt> a, Set<Interrupt> b) {
    Set<Interrupt> both = new TreeSet<>(a);
    both.addAll(b);
    return both;
  }

  /** A device raises; what became of it is in the events, or nowhere if nobody listens. */
  private void raise(Operation operation, Outcome outcome) {
    boolean named = operation.has("index");
    Interrupt asserted = named ? wiring.interrupt(operation, operation.u32("vector", 0)) : null;
    if (asserted != null && !operation.flag("level", true)) {
      facts.add(new Fact.Lowered(asserted));
      return;
    }
    if (!outcome.succeeded()) {
      return;
    }
    boolean seen = false;
    for (TraceEvent event : outcome.events()) {
      if (event instanceof HostIrqEvent.Raised raised) {
        Interrupt interrupt = irqs.of(raised.irq());
        if (interrupt != null && (asserted == null || interrupt.equals(asserted))) {
          facts.add(
              new Fact.Raised(
                  interrupt, wiring.isLevel(interrupt), way(raised.raise(), interrupt)));
          seen = true;
        }
      }
    }
    if (!seen && asserted != null) {
      facts.add(new Fact.Raised(asserted, wiring.isLevel(asserted), unseen(asserted)));
    }
  }

  private Way way(Raise raise, Interrupt interrupt) {
    return switch (raise) {
      case POSTED -> Way.BYPASSED;
      case HANDLED -> irqs.isProgrammed(interrupt) ? Way.BYPASSED : Way.HOST;
      case PENDING -> Way.WAITING;
      case MERGED -> Way.MERGED;
      case UNTRIGGERED -> Way.UNTRIGGERED;
    };
  }

  /** A raise that no host interrupt saw: nobody has set the vector up, or the device holds it. */
  private Way unseen(Interrupt interrupt) {
    return wiring.triggers().containsKey(interrupt) ? Way.WAITING : Way.UNTRIGGERED;
  }

  private static @Nullable Interrupt inverse(Map<Interrupt, String> triggers, String eventfd) {
    for (Map.Entry<Interrupt, String> trigger : triggers.entrySet()) {
      if (trigger.getValue().equals(eventfd)) {
        return trigger.getKey();
      }
    }
    return null;
  }

  private String name(EventfdContext eventfd) {
    return PairingLog.baseName(host.descriptors().nameOf(eventfd));
  }

  /** An exit, and how many facts were known when it happened. */
  private record Seen(VcpuEvent.Exit exit, int at) {}

  /**
   * Watches one step, and reads its events in their order: all when it is over, or those so far
   * where others take steps before it is.
   */
  final class Watch implements Arrivals.Listener {
    private final Operation operation;
    private final boolean forwarding;
    private final Map<Interrupt, String> triggersBefore;
    private final Map<String, Binding> bindingsBefore;
    private final ImmutableList.Builder<Fact> own = ImmutableList.builder();

    /** Whether what they mean is known only when the step is over. */
    private final List<RegistryEvent.Refused> undecided = new ArrayList<>();

    private final List<Seen> exits = new ArrayList<>();
    private int read;
    private int step;

    /** What the step came to; null until then. */
    private @Nullable Outcome outcome;

    /** Since when the facts are of this step. */
    private int from;

    /** Whose signal is on its way. */
    private @Nullable Interrupt current;

    /** Whether a device's message became pending in this step, one does not see where. */
    private boolean sentMessage;

    /** Where hardware posted to, until the host interrupt that did so is told. */
    private @Nullable Destination posted;

    private Watch(Operation operation, boolean forwarding) {
      this.operation = operation;
      this.forwarding = forwarding;
      if (isCallOrTeardown()) {
        beforeLastCall = ImmutableMap.copyOf(wiring.triggers());
      }
      this.triggersBefore = beforeLastCall;
      this.bindingsBefore = wiring.bindings();
    }

    private boolean isCallOrTeardown() {
      return Calls.isCall(operation) || operation.name().equals("teardown");
    }

    /**
     * Others take steps before this one is over.
     *
     * @param number the step's number if it were
     * @param shown what it has shown since it began
     */
    void interrupted(int number, ImmutableList<TraceEvent> shown) {
      step = number;
      from = facts.size();
      if (Calls.isCall(operation)) {
        irqs.look(devices);
      }
      wiring.expect(number, operation);
      read(shown);
      own.addAll(facts.subList(from, facts.size()));
    }

    /**
     * The step is over, and the wiring has taken note of it.
     *
     * @return the facts of this step
     */
    ImmutableList<Fact> over(int number, Outcome cameTo) {
      step = number;
      outcome = cameTo;
      from = facts.size();
      if (Calls.isCall(operation)) {
        irqs.look(devices);
      }
      if (operation.name().equals("vm.new") && cameTo.succeeded()) {
        String vm = operation.text("vm");
        vmNames.put(host.kvm().vm(host.descriptors().fd("vm:" + vm)), vm);
      }
      if (Calls.isCall(operation)) {
        facts.add(new Fact.Called(forwarding, cameTo.errno()));
        noteForwarding(operation, cameTo, forwarding);
      }
      if (isCallOrTeardown()) {
        possibilities(false);
      }
      if (Calls.isRaise(operation)) {
        raise(operation, cameTo);
      }
      undecided.forEach(this::refused);
      read(cameTo.events());
      if (isCallOrTeardown()) {
        takenBack();
      }
      if (Calls.isCall(operation)) {
        possibilities(true);
      }
      return own.addAll(facts.subList(from, facts.size())).build();
    }

    /** Where userspace has taken the ends of a line apart, what was pending in the guest is too. */
    private void takenBack() {
      triggersBefore.forEach(
          (interrupt, eventfd) -> {
            boolean stays =
                eventfd.equals(wiring.triggers().get(interrupt)) && wiring.binding(eventfd) != null;
            if (bindingsBefore.containsKey(eventfd) && wiring.isLevel(interrupt) && !stays) {
              facts.add(new Fact.HeldBack(interrupt));
            }
          });
    }

    /** Whose trigger an eventfd is, or was when the step began, or the call before it. */
    private @Nullable Interrupt ownerOf(EventfdContext eventfd) {
      String name = name(eventfd);
      Interrupt now = inverse(wiring.triggers(), name);
      return now != null ? now : inverse(triggersBefore, name);
    }

    private void read(ImmutableList<TraceEvent> shown) {
      for (int i = read; i < shown.size(); i++) {
        read(shown.get(i));
      }
      read = shown.size();
      insertExits();
    }

    private void read(TraceEvent event) {
      if (event instanceof HostIrqEvent.Raised raised) {
        raised(raised);
      } else if (event instanceof HostIrqEvent.Programmed programmed) {
        programmed(programmed);
      } else if (event instanceof EventfdEvent.Signal signal) {
        signal(signal);
      } else if (event instanceof RegistryEvent.Refused refused) {
        refused(refused);
      } else if (event instanceof RegistryEvent.Entered) {
        worked(Work.REGISTRY_CALL);
      } else if (event instanceof VfioEvent.IntxUnmaskHandler
          || event instanceof VfioEvent.PlatformUnmaskHandler) {
        worked(Work.UNMASK);
      } else if (event instanceof VcpuEvent vcpu) {
        vcpu(vcpu);
      } else if (event instanceof KvmEvent kvm) {
        kvm(kvm);
      } else {
        Arrivals.read(event, this);
      }
    }

    private void worked(Work work) {
      facts.add(new Fact.Worked(work));
    }

    /**
     * Whose exits they are is only known when the step is over; they are told where they happened.
     */
    private void insertExits() {
      if (exits.isEmpty()) {
        return;
      }
      List<Seen> ofDevices = exits.stream().filter(seen -> isOfDevice(seen.exit())).toList();
      for (int i = ofDevices.size() - 1; i >= 0; i--) {
        facts.add(ofDevices.get(i).at(), exited(ofDevices.get(i).exit()));
      }
      exits.clear();
    }

    /**
     * Whether a vCPU left guest mode because of a device's interrupt: one became pending there in
     * this step, or was completed there.
     */
    private boolean isOfDevice(VcpuEvent.Exit exit) {
      if (sentMessage) {
        return true;
      }
      String vm = vmNames.getOrDefault(exit.vcpu().vm(), "");
      for (Fact fact : facts.subList(from, facts.size())) {
        Destination destination =
            fact instanceof Fact.Reached reached
                ? reached.destination()
                : fact instanceof Fact.Completed completed
                        && lastOwner.containsKey(completed.destination())
                    ? completed.destination()
                    : null;
        if (destination != null
            && destination.vm().equals(vm)
            && (destination.vcpu() < 0 || destination.vcpu() == exit.vcpu().id())) {
          return true;
        }
      }
      return false;
    }

    private static Fact exited(VcpuEvent.Exit exit) {
      return new Fact.Exited(
          switch (exit.reason()) {
            case KICK -> Fact.Exited.Reason.KICK;
            case EOI_TRAP -> Fact.Exited.Reason.EOI_TRAP;
            case MAINTENANCE -> Fact.Exited.Reason.MAINTENANCE;
          });
    }

    private void raised(HostIrqEvent.Raised raised) {
      Interrupt interrupt = irqs.of(raised.irq());
      if (interrupt == null) {
        return;
      }
      if (!Calls.isRaise(operation)) {
        facts.add(new Fact.Fired(interrupt, raised.raise() == Raise.POSTED));
      }
      if (raised.raise() == Raise.POSTED) {
        worked(Work.POSTING);
      } else if (raised.raise() == Raise.HANDLED) {
        worked(Work.HOST_IRQ);
      }
      Destination destination = posted;
      if (raised.raise() == Raise.POSTED && destination != null) {
        reach(interrupt, destination, isStale(interrupt, destination));
        posted = null;
      }
    }

    private void programmed(HostIrqEvent.Programmed programmed) {
      Interrupt interrupt = irqs.of(programmed.irq());
      if (interrupt != null) {
        boolean on = programmed.affinity() != null;
        irqs.programmed(interrupt, on);
        facts.add(new Fact.Bypass(interrupt, on, forwarding, step));
      }
    }

    private void signal(EventfdEvent.Signal signal) {
      Interrupt interrupt = ownerOf(signal.eventfd());
      if (interrupt == null) {
        return; // a resample eventfd, or one of the VMM's own
      }
      current = interrupt;
      String eventfd = name(signal.eventfd());
      worked(Work.SIGNAL);
      if (wiring.binding(eventfd) == null && !bindingsBefore.containsKey(eventfd)) {
        facts.add(new Fact.HeldBack(interrupt));
        held.add(interrupt);
      } else {
        worked(Work.INJECTION);
      }
    }

    private void refused(RegistryEvent.Refused refused) {
      if (outcome == null) {
        undecided.add(refused);
        return;
      }
      if (forwarding && outcome.errno() != null) {
        return; // told, and counted with the call
      }
      Interrupt interrupt = irqs.of(refused.producer().irq());
      if (interrupt != null) {
        facts.add(
            new Fact.Refused(
                interrupt, refused.errno(), outcome.errno() != null, refused.willRetry()));
      }
    }

    private void vcpu(VcpuEvent event) {
      if (event instanceof VcpuEvent.Posted post) {
        posted = at(post.vcpu(), post.vector());
      } else if (event instanceof VcpuEvent.Take take) {
        Destination destination = at(take.vcpu(), take.vector());
        if (take.vector() >= Arrivals.FIRST_LPI && !unplaced.isEmpty()) {
          Interrupt owner = lastOwner.get(destination);
          reach(
              owner != null && unplaced.remove(owner) ? owner : removeFirst(unplaced),
              destination,
              false);
        }
        facts.add(new Fact.Taken(destination));
      } else if (event instanceof VcpuEvent.End end) {
        facts.add(new Fact.Completed(at(end.vcpu(), end.vector())));
      } else if (event instanceof VcpuEvent.Exit exit) {
        exits.add(new Seen(exit, facts.size()));
      } else if (event instanceof VcpuEvent.WakeUp) {
        facts.add(new Fact.WokenUp());
      }
    }

    private void kvm(KvmEvent event) {
      if (event instanceof KvmEvent.IrqfdInject inject) {
        current = ownerOf(inject.irqfd().eventfd());
        worked(Work.DEFERRAL);
      } else if (event instanceof KvmEvent.ResamplerAck) {
        worked(Work.RESAMPLE);
      } else if (event instanceof KvmEvent.SetIrq set) {
        String line = vmNames.getOrDefault(set.vm(), "") + "/" + set.gsi();
        if (set.level() != 0 && current != null) {
          lines.put(line, current);
        } else if (current == null) {
          current = lines.get(line);
        }
      }
    }

    @Override
    public void atVcpu(int vcpu, int vector) {
      arrived(new Destination(vmName(), vcpu, vector));
    }

    @Override
    public void atVm(int vector) {
      arrived(new Destination(vmName(), -1, vector));
    }

    private void arrived(Destination destination) {
      Interrupt interrupt = current;
      if (interrupt == null && operation.name().equals("kvm.signal_msi")) {
        interrupt = heldFor(destination);
      }
      if (interrupt == null) {
        interrupt = lastOwner.get(destination);
      }
      if (interrupt != null) {
        reach(interrupt, destination, false);
      }
    }

    @Override
    public void somewhere() {
      Interrupt interrupt = current;
      if (interrupt != null) {
        unplaced.add(interrupt);
        sentMessage = true;
      }
    }

    @Override
    public void masked() {
      Interrupt interrupt = current;
      if (interrupt != null) {
        facts.add(new Fact.HeldBack(interrupt));
      }
    }

    /** Whose interrupt controller tells what it does: events of x86 do not name the VM. */
    private String vmName() {
      String named = operation.textOrNull("vm");
      if (named != null) {
        return named;
      }
      Interrupt interrupt = current;
      Binding binding = interrupt == null ? null : wiring.binding(wiring.triggers().get(interrupt));
      return binding == null ? vmNames.values().stream().findFirst().orElse("") : binding.vm();
    }

    /**
     * What the VMM injects itself is what it kept: where it was delivered before, or the oldest.
     */
    private @Nullable Interrupt heldFor(Destination destination) {
      Interrupt owner = lastOwner.get(destination);
      return (owner != null && held.contains(owner)) || held.isEmpty()
          ? owner
          : held.iterator().next();
    }

    private void reach(Interrupt interrupt, Destination destination, boolean stale) {
      facts.add(new Fact.Reached(interrupt, destination, stale));
      lastOwner.put(destination, interrupt);
      held.remove(interrupt);
    }
  }

  /** Whether the guest has replaced the message that a posting entry was made from. */
  private boolean isStale(Interrupt interrupt, Destination destination) {
    Binding binding = wiring.binding(wiring.triggers().get(interrupt));
    binding = binding == null ? asked.get(interrupt) : binding;
    if (binding == null) {
      return false;
    }
    String route = wiring.route(binding.vm(), binding.gsi());
    return route == null
        || !(destination.vector() >= Arrivals.FIRST_LPI
            ? leadsToLpi(binding, destination)
            : Arrivals.leadsTo(route, destination));
  }

  /** Where a message leads on Arm is up to the guest's ITS. */
  private boolean leadsToLpi(Binding binding, Destination destination) {
    return vmNames.entrySet().stream()
        .filter(entry -> entry.getValue().equals(binding.vm()))
        .map(entry -> Arm64Vm.of(entry.getKey()).lpiOf(binding.gsi()))
        .anyMatch(lpi -> lpi == destination.vector());
  }

  private Destination at(Vcpu vcpu, int vector) {
    boolean shared = Arrivals.isShared(vcpu instanceof Arm64Vcpu, vector);
    return new Destination(vmNames.getOrDefault(vcpu.vm(), ""), shared ? -1 : vcpu.id(), vector);
  }

  private static <T> T removeFirst(Set<T> set) {
    T first = set.iterator().next();
    set.remove(first);
    return first;
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    irqs.writeTo(sink);
    sink.putReference(possible)
        .putReference(ImmutableList.copyOf(held))
        .putReference(lastOwner)
        .putReference(ImmutableList.copyOf(unplaced))
        .putReference(lines)
        .putReference(asked);
  }
}
