package org.irqbypass.comparison.narrative;

import com.google.common.base.Ascii;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.irqbypass.comparison.account.Fact;
import org.irqbypass.host.HostIrqEvent;
import org.irqbypass.host.Raise;
import org.irqbypass.kvm.KvmEvent;
import org.irqbypass.registry.RegistryEvent;
import org.irqbypass.scenario.Operation;
import org.irqbypass.scenario.OperationSchema;
import org.irqbypass.scenario.Outcome;
import org.irqbypass.scenario.Vocabulary;
import org.irqbypass.trace.TraceEvent;

/** Says in a line what a step of a run is and what it came to, for who watches the run. */
public final class Caption {
  private static final Map<String, OperationSchema> VOCABULARY = Vocabulary.all();

  private static final Pattern END = Pattern.compile("[;:]");

  /** What happened, in order, and to what; what happened to several is said once. */
  private final Map<String, List<String>> clauses = new LinkedHashMap<>();

  private Caption() {}

  /**
   * The line.
   *
   * @param operation what was run
   * @param outcome what it came to
   * @param forwarding whether it is a call only for forwarding
   * @param facts what happened in it
   * @return one or more clauses, as a sentence
   */
  public static String of(
      Operation operation, Outcome outcome, boolean forwarding, List<Fact> facts) {
    if (operation.name().equals("mark")) {
      return operation.text("text", "");
    }
    Caption caption = new Caption();
    if (facts.stream().noneMatch(Caption::speaksForItself)) {
      caption.add(words(operation) + (forwarding ? ", only for forwarding" : ""));
    }
    if (outcome.errno() != null) {
      caption.add("it fails with " + outcome.errno());
    }
    caption.registry(outcome);
    facts.forEach(fact -> caption.fact(fact, outcome));
    return caption.sentence();
  }

  /** What devices and guests do is told by what came of it. */
  private static boolean speaksForItself(Fact fact) {
    return fact instanceof Fact.Raised
        || fact instanceof Fact.Lowered
        || fact instanceof Fact.Taken
        || fact instanceof Fact.Completed;
  }

  private void add(String clause) {
    clauses.computeIfAbsent(clause, any -> new ArrayList<>());
  }

  /** A clause about something: {@code %s} stands for it, or for all of them. */
  private void add(String clause, String about) {
    List<String> all = clauses.computeIfAbsent(clause, any -> new ArrayList<>());
    if (!all.contains(about)) {
      all.add(about);
    }
  }

  private String sentence() {
    StringBuilder line = new StringBuilder();
    clauses.forEach(
        (clause, about) -> {
          line.append(line.isEmpty() ? "" : "; ");
          line.append(about.isEmpty() ? clause : clause.replace("%s", Phases.shortened(about)));
        });
    if (!startsWithName()) {
      line.setCharAt(0, Ascii.toUpperCase(line.charAt(0)));
    }
    return line.append('.').toString();
  }

  /** Names are written as they are. */
  private boolean startsWithName() {
    String first = clauses.keySet().iterator().next();
    return first.startsWith("%s") || first.startsWith("vCPU");
  }

  private void registry(Outcome outcome) {
    boolean met =
        outcome.events().stream()
            .anyMatch(
                event ->
                    event instanceof RegistryEvent.Connected
                        || event instanceof RegistryEvent.Refused);
    for (TraceEvent event : outcome.events()) {
      if (event instanceof RegistryEvent.Entered entered) {
        switch (entered.call()) {
          case REGISTER_PRODUCER ->
              add(
                  "VFIO registers its end"
                      + (met ? "" : ", which waits in the registry for KVM's"));
          case REGISTER_CONSUMER ->
              add(
                  "KVM registers its end"
                      + (met ? "" : ", which waits in the registry for VFIO's"));
          case UNREGISTER_PRODUCER, UNREGISTER_CONSUMER -> {}
        }
      } else if (event instanceof RegistryEvent.Connected) {
        add("the registry pairs the two ends");
      } else if (event instanceof RegistryEvent.Disconnected) {
        add("the registry parts the two ends");
      } else if (event instanceof RegistryEvent.Refused refused && outcome.errno() == null) {
        add(
            "the two ends meet and cannot be paired"
                + (refused.errno() == null ? "" : " (" + refused.errno() + ")")
                + (refused.willRetry()
                    ? ", which will be tried again"
                    : ", and userspace is not told"));
      }
    }
  }

  private void fact(Fact fact, Outcome outcome) {
    if (fact instanceof Fact.Raised raised) {
      String irq = raised.interrupt().toString();
      String rises = raised.level() ? "%s goes high: " : "%s is raised: ";
      switch (raised.way()) {
        case BYPASSED ->
            add(
                rises
                    + (isPosted(outcome)
                        ? "hardware takes it to the guest, past the host"
                        : "the host passes it on, and the guest will complete it"),
                irq);
        case HOST -> add(rises + "the host's handler runs and signals the eventfd", irq);
        case WAITING -> add(rises + "it has to wait", irq);
        case MERGED -> add(rises + "it merges with one that waits", irq);
        case UNTRIGGERED -> add(rises + "nobody has set it up", irq);
      }
    } else if (fact instanceof Fact.Lowered lowered) {
      add("%s goes low", lowered.interrupt().toString());
    } else if (fact instanceof Fact.Fired fired) {
      add("%s, held back until now, fires", fired.interrupt().toString());
    } else if (fact instanceof Fact.Reached reached) {
      add(
          "%s" + (reached.stale() ? ", where the guest no longer wants it" : ""),
          "pending as " + reached.destination());
    } else if (fact instanceof Fact.HeldBack) {
      add(
          outcome.events().stream().anyMatch(event -> event instanceof KvmEvent)
              ? "it is held back by a mask"
              : "it is for the VMM, which reads that eventfd itself");
    } else if (fact instanceof Fact.Taken taken) {
      add("the guest takes %s", taken.destination().toString());
    } else if (fact instanceof Fact.Completed completed) {
      add("the guest completes %s", completed.destination().toString());
    } else if (fact instanceof Fact.Exited exited) {
      switch (exited.reason()) {
        case KICK -> add("the vCPU is kicked out of guest mode to be given it");
        case EOI_TRAP -> add("the guest's end of interrupt is trapped: an exit");
        case MAINTENANCE -> add("an exit for maintenance of the interrupt controller");
      }
    } else if (fact instanceof Fact.WokenUp) {
      add("the vCPU that slept is woken");
    } else if (fact instanceof Fact.Bypass bypass) {
      add(
          bypass.on()
              ? "hardware is programmed: %s bypasses the host from now on"
              : "%s goes through the host from now on",
          bypass.interrupt().toString());
    } else if (fact instanceof Fact.Refused refused && refused.told()) {
      add("so userspace is told that it is not bypassed");
    } else if (fact instanceof Fact.GaveUp gaveUp) {
      add("userspace gives up asking for %s", gaveUp.interrupt().toString());
    }
  }

  private static boolean isPosted(Outcome outcome) {
    return outcome.events().stream()
        .anyMatch(
            event -> event instanceof HostIrqEvent.Raised raised && raised.raise() == Raise.POSTED);
  }

  private static String words(Operation operation) {
    return switch (operation.name()) {
      case "ef.new" -> "the VMM makes eventfd " + operation.text("fd", "");
      case "ef.close" -> "the VMM closes eventfd " + operation.text("fd", "");
      case "ef.read" -> "the VMM reads eventfd " + operation.text("fd", "") + " itself";
      case "vm.new" -> "KVM makes VM " + operation.text("vm", "");
      case "vm.vcpu" -> "KVM makes vCPU " + operation.text("vcpu", "0");
      case "vm.close" -> "VM " + operation.text("vm", "") + " is closed";
      case "dev.open" -> "the VMM opens " + operation.text("dev", "the device");
      case "dev.close" -> "the VMM closes " + operation.text("dev", "the device");
      case "kv.create" -> "the VMM makes a KVM-VFIO device";
      case "kv.close" -> "the VMM closes its KVM-VFIO device";
      case "kv.set" -> attribute(operation);
      case "vfio.set_irqs" -> setIrqs(operation);
      case "vfio.reset" -> "VFIO resets " + operation.text("dev", "the device");
      case "kvm.irqfd" ->
          operation.text("flags", "").contains("DEASSIGN")
              ? "KVM forgets eventfd " + operation.text("fd", "")
              : "KVM is told that eventfd "
                  + operation.text("fd", "")
                  + " becomes gsi "
                  + operation.text("gsi", "")
                  + " of "
                  + operation.text("vm", "");
      case "kvm.routing" -> "KVM is given a new table of where guest interrupts lead";
      case "kvm.signal_msi" -> "the VMM injects a message itself";
      case "guest.enter" -> vcpu(operation) + " enters guest mode";
      case "guest.leave" -> vcpu(operation) + " leaves guest mode";
      case "guest.block" -> vcpu(operation) + " waits for an interrupt";
      case "guest.put" -> vcpu(operation) + " is scheduled out";
      case "guest.load" -> vcpu(operation) + " is scheduled in on CPU " + operation.text("cpu", "");
      case "guest.run", "kvm.run" -> vcpu(operation) + " takes and ends what there is";
      case "guest.take" -> vcpu(operation) + " looks for an interrupt to take";
      case "guest.end" -> vcpu(operation) + " ends an interrupt";
      case "grp.open" -> "the VMM opens the group of " + operation.text("dev", "a device");
      case "vm.irqchip", "vm.split", "vm.vgic", "gic.create", "gic.set" ->
          "the VMM sets up the guest's interrupt controller";
      case "kvm.lapic_setup" -> vcpu(operation) + " sets up its local APIC";
      case "kvm.ioapic_pin", "guest.ioapic_pin" ->
          "the guest programs pin " + operation.text("pin", "") + " of its IOAPIC";
      case "spi.cfg" -> "the guest configures SPI " + operation.text("spi", "");
      case "its.cmd" -> "the guest gives its ITS the command " + operation.text("cmd", "");
      case "teardown" -> "what is left is closed";
      default -> {
        OperationSchema schema = VOCABULARY.get(operation.name());
        // What follows is about arguments and answers.
        yield schema == null ? operation.name() : END.split(schema.documentation(), 2)[0];
      }
    };
  }

  private static String vcpu(Operation operation) {
    return "vCPU " + operation.text("vcpu", "0");
  }

  private static String attribute(Operation operation) {
    if (!operation.has("index")) {
      return "the VMM tells KVM which VFIO group is its VM's";
    }
    return operation.text("attr", "").startsWith("UN")
        ? "userspace asks to end the forwarding of " + interrupts(operation)
        : "userspace asks to forward "
            + interrupts(operation)
            + " to gsi "
            + operation.text("gsis", "of its choice");
  }

  private static String setIrqs(Operation operation) {
    String flags = operation.text("flags", "");
    String which = interrupts(operation);
    if (flags.contains("DATA_EVENTFD")) {
      List<String> fds = operation.has("fds") ? operation.list("fds") : List.of();
      String does = flags.contains("UNMASK") ? "unmasks" : flags.contains("MASK") ? "masks" : "";
      return fds.stream().allMatch("-1"::equals)
          ? "VFIO is told that no eventfd " + (does.isEmpty() ? "hears " : does + " ") + which
          : does.isEmpty()
              ? "VFIO is told that " + which + " signals eventfd " + Phases.shortened(fds)
              : "VFIO is told that eventfd " + Phases.shortened(fds) + " " + does + " " + which;
    }
    if (flags.contains("MASK")) {
      return "VFIO " + (flags.contains("UNMASK") ? "unmasks " : "masks ") + which;
    }
    return (operation.text("count", "").equals("0") ? "VFIO switches off " : "VFIO triggers ")
        + which;
  }

  /** Which of a device's interrupts a call is about. */
  private static String interrupts(Operation operation) {
    String device = operation.text("dev", "") + " ";
    String index = operation.text("index", "");
    if (index.matches("\\d+")) {
      return device + "IRQ " + index; // a platform device's: each has an index of its own
    }
    long start = operation.integer("start", 0);
    long count = operation.integer("count", 1);
    return device
        + index
        + (count == 0 ? "" : count == 1 ? " " + start : " " + start + " to " + (start + count - 1));
  }
}
