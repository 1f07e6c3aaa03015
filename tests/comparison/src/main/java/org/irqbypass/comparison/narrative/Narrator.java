package org.irqbypass.comparison.narrative;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.irqbypass.comparison.account.Destination;
import org.irqbypass.comparison.account.Fact;
import org.irqbypass.comparison.account.Interrupt;
import org.irqbypass.comparison.account.Way;
import org.irqbypass.comparison.narrative.Message.Kind;
import org.irqbypass.comparison.narrative.Story.Sort;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.HostIrqEvent;
import org.irqbypass.host.VcpuAffinity;
import org.irqbypass.kvm.VcpuEvent;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.BypassSide;
import org.irqbypass.registry.BypassToken;
import org.irqbypass.registry.PrivateToken;
import org.irqbypass.registry.RegistryEvent;
import org.irqbypass.scenario.Operation;
import org.irqbypass.scenario.Outcome;
import org.irqbypass.trace.TraceEvent;
import org.jspecify.annotations.Nullable;

/** Tells each step of a run as arrows. Used for one run, by one thread. */
public final class Narrator {
  /** Calls that say where interrupts go. */
  private static final ImmutableSet<String> SHOWN =
      ImmutableSet.of(
          "vfio.set_irqs",
          "vfio.reset",
          "kvm.irqfd",
          "kvm.routing",
          "kvm.signal_msi",
          "kv.create",
          "kv.set",
          "kv.close",
          "dev.close",
          "vm.close",
          "ef.read",
          "teardown");

  private static final Splitter ROUTES = Splitter.on(';').omitEmptyStrings().trimResults();
  private static final Splitter FIELDS = Splitter.on(':');

  private final Function<EventfdContext, String> eventfdName;
  private final Function<HostIrq, @Nullable Interrupt> interruptOf;
  private final Map<String, Set<String>> routes = new HashMap<>();
  private final Map<BypassToken, String> named = new HashMap<>();

  /**
   * Makes a narrator.
   *
   * @param eventfdName what the scenario calls an eventfd
   * @param interruptOf which device's interrupt a host interrupt is
   */
  public Narrator(
      Function<EventfdContext, String> eventfdName,
      Function<HostIrq, @Nullable Interrupt> interruptOf) {
    this.eventfdName = eventfdName;
    this.interruptOf = interruptOf;
  }

  /**
   * Tells a step.
   *
   * @param operation what was run
   * @param outcome what it came to
   * @param forwarding whether it is a call only for forwarding
   * @param call whether it is a call of userspace
   * @param facts what the account took from it
   * @return its story
   */
  public Story tell(
      Operation operation, Outcome outcome, boolean forwarding, boolean call, List<Fact> facts) {
    if (operation.name().equals("mark")) {
      return new Story(Sort.MARK, operation.text("text", ""), ImmutableList.of(), Tally.NONE);
    }
    Arrows arrows = new Arrows();
    boolean shown = SHOWN.contains(operation.name());
    if (shown) {
      call(operation, outcome, forwarding, arrows);
    }
    if (operation.name().equals("kv.set") && operation.has("index")) {
      nameTokens(operation, outcome);
    }
    outcome.events().forEach(event -> inside(event, arrows));
    interrupts(outcome, facts, arrows);
    ImmutableList<Message> messages = arrows.messages();
    Sort sort =
        shown || (call && !messages.isEmpty()) ? Sort.CALL : call ? Sort.QUIET : Sort.TRAFFIC;
    return new Story(sort, operation.name(), messages, tally(forwarding, call, facts));
  }

  private static Tally tally(boolean forwarding, boolean call, List<Fact> facts) {
    int raised = 0;
    int bypassed = 0;
    for (Fact fact : facts) {
      if (fact instanceof Fact.Raised one) {
        raised++;
        bypassed += one.way() == Way.BYPASSED ? 1 : 0;
      }
    }
    return new Tally(call ? 1 : 0, forwarding ? 1 : 0, raised, bypassed);
  }

  /** What userspace asked for by name has a token of its own. */
  private void nameTokens(Operation operation, Outcome outcome) {
    String name =
        operation.text("dev") + " " + operation.text("index") + " " + operation.text("start", "0");
    for (TraceEvent event : outcome.events()) {
      if (event instanceof RegistryEvent.Entered entered
          && entered.token() instanceof PrivateToken token) {
        named.put(token, name);
      }
    }
  }

  private void call(Operation operation, Outcome outcome, boolean forwarding, Arrows arrows) {
    Lane lane =
        operation.name().startsWith("vfio.") || operation.name().startsWith("dev.")
            ? Lane.VFIO
            : Lane.KVM;
    if (operation.name().startsWith("ef.") || operation.name().equals("teardown")) {
      lane = Lane.VMM;
    }
    String errno = outcome.errno() == null ? "" : " = " + outcome.errno();
    Kind kind = errno.isEmpty() ? forwarding ? Kind.FORWARDING : Kind.PLAIN : Kind.REFUSED;
    arrows.add(Lane.VMM, lane, words(operation) + errno, "", kind);
  }

  private String words(Operation operation) {
    return switch (operation.name()) {
      case "vfio.set_irqs" -> setIrqs(operation);
      case "kvm.irqfd" ->
          "irqfd "
              + operation.text("fd")
              + (operation.text("flags", "").contains("DEASSIGN")
                  ? " off"
                  : " to gsi "
                      + operation.text("gsi")
                      + (operation.has("resamplefd")
                          ? ", resample " + operation.text("resamplefd")
                          : ""));
      case "kvm.routing" -> routing(operation);
      case "kvm.signal_msi" -> "inject an MSI that the VMM had kept";
      case "kv.set" ->
          operation.has("index")
              ? operation.text("attr")
                  + " "
                  + operation.text("dev")
                  + " "
                  + operation.text("index")
                  + " "
                  + operation.text("start", "0")
                  + (operation.has("gsis") ? " to gsi " + operation.text("gsis") : "")
              : "KVM-VFIO group " + operation.text("attr");
      case "kv.create" -> "create the KVM-VFIO device";
      case "kv.close" -> "close the KVM-VFIO device";
      case "vfio.reset" -> "reset " + operation.text("dev");
      case "dev.close" -> "close the device";
      case "vm.close" -> "close the VM";
      case "ef.read" -> "read " + operation.text("fd");
      case "teardown" -> "close what is left";
      default -> operation.name();
    };
  }

  private static String setIrqs(Operation operation) {
    String flags = operation.text("flags");
    String what = flags.contains("UNMASK") ? "unmask" : flags.contains("MASK") ? "mask" : "trigger";
    long count = operation.integer("count");
    long start = operation.integer("start");
    String range =
        count == 0 ? " off" : count == 1 ? " " + start : " " + start + ".." + (start + count - 1);
    String fds = operation.has("fds") ? " = " + Phases.shortened(operation.list("fds")) : "";
    return "SET_IRQS " + operation.text("index") + " " + what + range + fds;
  }

  /** Only what changed since the table before: most tables change nothing. */
  private String routing(Operation operation) {
    Set<String> table = new TreeSet<>(ROUTES.splitToList(operation.text("entries", "")));
    Set<String> former = routes.put(operation.text("vm"), table);
    List<String> changed = new ArrayList<>();
    for (String entry : table) {
      if (entry.startsWith("msi:") && (former == null || !former.contains(entry))) {
        changed.add(route(entry));
      }
    }
    if (!changed.isEmpty()) {
      return "routing: " + Phases.shortened(changed);
    }
    return table.equals(former)
        ? "routing, nothing changed"
        : "routing, " + table.size() + " lines";
  }

  private static String route(String entry) {
    List<String> fields = FIELDS.splitToList(entry);
    try {
      long vcpu = (Long.decode(fields.get(2)) >> 12) & 0xff;
      long vector = Long.decode(fields.get(3)) & 0xff;
      return "gsi " + fields.get(1) + " is vCPU " + vcpu + " vector " + vector;
    } catch (RuntimeException unusual) {
      return entry; // not of the usual form; shown as it is
    }
  }

  /** What happens inside because of a step. */
  private void inside(TraceEvent event, Arrows arrows) {
    if (event instanceof RegistryEvent.Entered entered) {
      String token = name(entered.side(), entered.token());
      switch (entered.call()) {
        case REGISTER_PRODUCER ->
            arrows.add(Lane.VFIO, Lane.REGISTRY, "producer", token, Kind.PLAIN);
        case UNREGISTER_PRODUCER ->
            arrows.add(Lane.VFIO, Lane.REGISTRY, "producer gone", token, Kind.PLAIN);
        case REGISTER_CONSUMER ->
            arrows.add(Lane.KVM, Lane.REGISTRY, "consumer", token, Kind.PLAIN);
        case UNREGISTER_CONSUMER ->
            arrows.add(Lane.KVM, Lane.REGISTRY, "consumer gone", token, Kind.PLAIN);
      }
    } else if (event instanceof RegistryEvent.Connected connected) {
      arrows.add(
          Lane.REGISTRY,
          Lane.KVM,
          "pair",
          name(connected.producer(), connected.producer().token()),
          Kind.PLAIN);
    } else if (event instanceof RegistryEvent.Disconnected disconnected) {
      arrows.add(
          Lane.REGISTRY,
          Lane.KVM,
          "unpair",
          name(disconnected.producer(), disconnected.producer().token()),
          Kind.PLAIN);
    } else if (event instanceof RegistryEvent.Refused refused) {
      String reason = refused.errno() + (refused.willRetry() ? ", to be tried again" : "");
      arrows.add(
          Lane.REGISTRY,
          Lane.KVM,
          "refused with " + reason,
          name(refused.producer(), refused.producer().token()),
          Kind.REFUSED);
    } else if (event instanceof HostIrqEvent.Programmed programmed) {
      Interrupt interrupt = interruptOf.apply(programmed.irq());
      String name = interrupt == null ? programmed.irq().name() : interrupt.toString();
      VcpuAffinity affinity = programmed.affinity();
      if (affinity == null) {
        arrows.add(Lane.KVM, Lane.CONTROLLER, "back to the host", name, Kind.PLAIN);
      } else {
        arrows.add(
            Lane.KVM,
            Lane.CONTROLLER,
            affinity instanceof VcpuAffinity.Forwarded ? "guest completes" : "post",
            affinity instanceof VcpuAffinity.Posted posted ? name + " as " + posted.vector() : name,
            Kind.BYPASSED);
      }
    }
  }

  /** The eventfd under which a side is known, or the interrupt that userspace named. */
  private String name(BypassSide side, @Nullable BypassToken token) {
    if (token instanceof EventfdContext eventfd) {
      return eventfdName.apply(eventfd);
    }
    Interrupt interrupt =
        side instanceof BypassProducer producer ? interruptOf.apply(producer.irq()) : null;
    if (interrupt != null) {
      return interrupt.toString();
    }
    return token == null ? "" : named.getOrDefault(token, "as named");
  }

  /** The interrupts' own ways. */
  private static void interrupts(Outcome outcome, List<Fact> facts, Arrows arrows) {
    int kicks = 0;
    int traps = 0;
    for (TraceEvent event : outcome.events()) {
      if (event instanceof VcpuEvent.Exit exit) {
        kicks += exit.reason() == VcpuEvent.Reason.KICK ? 1 : 0;
        traps += exit.reason() == VcpuEvent.Reason.KICK ? 0 : 1;
      }
    }
    boolean bypassed = false;
    for (int i = 0; i < facts.size(); i++) {
      Fact fact = facts.get(i);
      if (fact instanceof Fact.Raised raised) {
        bypassed = raised.way() == Way.BYPASSED;
        raised(raised, arrows);
      } else if (fact instanceof Fact.Fired fired) {
        bypassed = fired.bypassed();
        arrows.add(
            Lane.CONTROLLER,
            bypassed ? Lane.VCPU : Lane.VFIO,
            "fires now",
            fired.interrupt().toString(),
            bypassed ? Kind.BYPASSED : Kind.SOFTWARE);
      } else if (fact instanceof Fact.Lowered lowered) {
        arrows.add(Lane.DEVICE, Lane.CONTROLLER, lowered.interrupt() + " line low", "", Kind.PLAIN);
      } else if (fact instanceof Fact.Reached reached) {
        reached(reached.destination(), bypassed, kicks > 0, arrows);
      } else if (fact instanceof Fact.HeldBack) {
        arrows.add(Lane.VFIO, Lane.VMM, "signal to an eventfd of the VMM's own", "", Kind.SOFTWARE);
      } else if (fact instanceof Fact.Taken taken) {
        boolean endsAtOnce =
            traps == 0
                && i + 1 < facts.size()
                && facts.get(i + 1).equals(new Fact.Completed(taken.destination()))
                && !isCompletedInHardware(outcome);
        arrows.add(
            Lane.VCPU,
            Lane.VCPU,
            guest(taken.destination(), endsAtOnce ? "takes and ends" : "takes"),
            Integer.toString(taken.destination().vector()),
            Kind.PLAIN);
        i += endsAtOnce ? 1 : 0;
      } else if (fact instanceof Fact.Completed completed) {
        completed(completed.destination(), outcome, traps > 0, arrows);
      }
    }
  }

  private static void raised(Fact.Raised raised, Arrows arrows) {
    String what = raised.interrupt() + (raised.level() ? " line high" : "");
    switch (raised.way()) {
      case BYPASSED -> {
        arrows.add(Lane.DEVICE, Lane.CONTROLLER, what, "", Kind.BYPASSED);
      }
      case HOST -> {
        arrows.add(Lane.DEVICE, Lane.CONTROLLER, what, "", Kind.SOFTWARE);
        arrows.add(Lane.CONTROLLER, Lane.VFIO, "host handler", "", Kind.SOFTWARE);
      }
      case WAITING -> arrows.add(Lane.DEVICE, Lane.CONTROLLER, what + ", waits", "", Kind.SOFTWARE);
      case MERGED -> arrows.add(Lane.DEVICE, Lane.CONTROLLER, what + ", merges", "", Kind.SOFTWARE);
      case UNTRIGGERED ->
          arrows.add(Lane.DEVICE, Lane.CONTROLLER, what + ", nobody listens", "", Kind.REFUSED);
    }
  }

  private static void reached(
      Destination destination, boolean bypassed, boolean kicked, Arrows arrows) {
    if (bypassed && destination.vcpu() >= 0) {
      arrows.add(Lane.CONTROLLER, Lane.VCPU, "", where(destination), Kind.BYPASSED);
    } else {
      arrows.add(Lane.VFIO, Lane.KVM, "signal", "", Kind.SOFTWARE);
      arrows.add(
          Lane.KVM,
          Lane.VCPU,
          kicked ? "exit," : "",
          where(destination),
          bypassed ? Kind.BYPASSED : Kind.SOFTWARE);
    }
  }

  private static void completed(
      Destination destination, Outcome outcome, boolean trapped, Arrows arrows) {
    String vector = Integer.toString(destination.vector());
    if (isCompletedInHardware(outcome)) {
      arrows.add(
          Lane.VCPU, Lane.CONTROLLER, guest(destination, "completes"), vector, Kind.BYPASSED);
    } else if (trapped) {
      arrows.add(Lane.VCPU, Lane.KVM, "exit, " + guest(destination, "ends"), vector, Kind.SOFTWARE);
    } else {
      arrows.add(Lane.VCPU, Lane.VCPU, guest(destination, "ends"), vector, Kind.PLAIN);
    }
  }

  private static boolean isCompletedInHardware(Outcome outcome) {
    return outcome.events().stream().anyMatch(e -> e instanceof HostIrqEvent.Deactivated);
  }

  private static String where(Destination destination) {
    return destination.vcpu() < 0
        ? "interrupt " + destination.vector()
        : destination.vector() + " to vCPU " + destination.vcpu();
  }

  private static String guest(Destination destination, String does) {
    return destination.vcpu() < 0 ? does : destination.vcpu() + ": " + does;
  }

  /** The arrows of one step; those that only differ in a detail become one. */
  private static final class Arrows {
    private record Shape(Lane from, Lane to, String verb, Kind kind) {}

    private final Map<Shape, List<String>> arrows = new LinkedHashMap<>();

    void add(Lane from, Lane to, String verb, String detail, Kind kind) {
      List<String> details =
          arrows.computeIfAbsent(new Shape(from, to, verb, kind), any -> new ArrayList<>());
      if (!detail.isEmpty()) {
        details.add(detail);
      }
    }

    ImmutableList<Message> messages() {
      ImmutableList.Builder<Message> messages = ImmutableList.builder();
      arrows.forEach(
          (shape, details) ->
              messages.add(
                  new Message(
                      shape.from(),
                      shape.to(),
                      details.isEmpty()
                          ? shape.verb()
                          : (shape.verb() + " " + Phases.shortened(details)).strip(),
                      shape.kind())));
      return messages.build();
    }
  }
}
