package org.irqbypass.comparison.contender;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.irqbypass.comparison.account.Interrupt;
import org.irqbypass.host.Trigger;
import org.irqbypass.scenario.DeviceDescription;
import org.irqbypass.scenario.IrqIndexName;
import org.irqbypass.scenario.Operation;
import org.irqbypass.scenario.Outcome;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.irqbypass.vfio.IrqIndex;
import org.jspecify.annotations.Nullable;

/**
 * What userspace has wired, as userspace itself could keep book of it: which eventfd each interrupt
 * triggers, which guest interrupt each eventfd becomes, and what that is. Reads calls and whether
 * they succeeded, nothing of what happens inside.
 */
final class Wiring implements Fingerprinted {
  private static final Splitter ROUTES = Splitter.on(';').omitEmptyStrings().trimResults();
  private static final Splitter FIELDS = Splitter.on(':');

  private final ImmutableMap<String, DeviceDescription> devices;
  private final Map<Interrupt, String> triggers = new TreeMap<>();
  private final Map<Interrupt, Integer> triggerSteps = new HashMap<>();
  private final Map<String, Binding> bindings = new HashMap<>();
  private final Set<String> resampleEventfds = new HashSet<>();
  private final Set<String> chips = new HashSet<>();
  private final Map<String, String> forwarders = new HashMap<>();
  private final Map<String, String> forwarderVms = new HashMap<>();
  private final Set<String> groups = new HashSet<>();
  private final Map<String, String> groupDevices = new HashMap<>();
  private final Map<String, ImmutableMap<String, String>> routes = new HashMap<>();

  /** Bindings by calls that are under way. */
  private final Map<String, Binding> expected = new HashMap<>();

  private @Nullable Situation situation;

  Wiring(ImmutableMap<String, DeviceDescription> devices) {
    this.devices = devices;
  }

  /** The interrupt that an operation with {@code dev}, {@code index} and perhaps a vector names. */
  Interrupt interrupt(Operation operation, int vector) {
    String device = operation.text("dev");
    int index = IrqIndexName.of(operation);
    DeviceDescription description = devices.get(device);
    if (description != null && description.isPlatform()) {
      return new Interrupt(device, "IRQ", index);
    }
    return new Interrupt(device, indexName(index), vector);
  }

  /** The only line of a device. */
  Interrupt line(String device) {
    DeviceDescription description = devices.get(device);
    return new Interrupt(
        device, description != null && description.isPlatform() ? "IRQ" : "INTX", 0);
  }

  private static String indexName(int index) {
    return switch (index) {
      case IrqIndex.INTX -> "INTX";
      case IrqIndex.MSI -> "MSI";
      case IrqIndex.MSIX -> "MSIX";
      case IrqIndex.ERR -> "ERR";
      case IrqIndex.REQ -> "REQ";
      default -> Integer.toString(index);
    };
  }

  /** Whether an interrupt is a wired one. */
  static boolean isWired(Interrupt interrupt) {
    return interrupt.index().equals("IRQ") || interrupt.index().equals("INTX");
  }

  /** Whether an interrupt is a message. */
  static boolean isMessage(Interrupt interrupt) {
    return interrupt.index().startsWith("MSI");
  }

  /** Whether an interrupt is a line that stays high until the device is served. */
  boolean isLevel(Interrupt interrupt) {
    DeviceDescription description = devices.get(interrupt.device());
    return interrupt.index().equals("INTX")
        || (description != null
            && interrupt.vector() < description.triggers().size()
            && description.triggers().get(interrupt.vector()) == Trigger.LEVEL);
  }

  /** What each eventfd becomes. */
  ImmutableMap<String, Binding> bindings() {
    return ImmutableMap.copyOf(bindings);
  }

  /** Whose a KVM-VFIO device is. */
  String vmOf(String forwarder) {
    return forwarderVms.getOrDefault(forwarder, "");
  }

  /**
   * Takes note of a call that is under way: an eventfd that it gives to an interrupt, or to a
   * guest, may be signalled before it is over, and one that it takes away does not reach the guest.
   */
  void expect(int step, Operation operation) {
    if (operation.name().equals("kvm.irqfd")) {
      String fd = operation.text("fd");
      boolean isNew = !bindings.containsKey(fd);
      if (isNew || IrqFlags.has(operation, IrqFlags.DEASSIGN)) {
        irqfd(operation);
      }
      if (isNew && bindings.containsKey(fd)) {
        expected.put(fd, bindings.get(fd));
      }
    } else if (operation.name().equals("vfio.set_irqs")
        && IrqFlags.has(operation, IrqFlags.ACTION_TRIGGER)
        && IrqFlags.has(operation, IrqFlags.DATA_EVENTFD)) {
      List<String> fds = operation.list("fds");
      for (int i = 0; i < fds.size() && i < operation.u32("count"); i++) {
        if (!fds.get(i).startsWith("-")) {
          Interrupt interrupt = interrupt(operation, operation.u32("start") + i);
          triggers.put(interrupt, fds.get(i));
          triggerSteps.put(interrupt, step);
        }
      }
    }
  }

  /** Takes note of a call that was made. */
  void note(int step, Operation operation, Outcome outcome) {
    boolean ok = outcome.succeeded() && outcome.ret() >= 0;
    switch (operation.name()) {
      case "vfio.set_irqs" -> setIrqs(step, operation, outcome);
      case "kvm.irqfd" -> {
        Binding underWay = expected.remove(operation.text("fd"));
        if (ok) {
          irqfd(operation);
        } else if (underWay != null) {
          bindings.remove(operation.text("fd"), underWay);
        }
      }
      case "kvm.routing" -> {
        if (ok) {
          routing(operation);
        }
      }
      case "gic.set" -> {
        if (ok && operation.text("group").equals("CTRL") && operation.integer("attr", 0) == 0) {
          chips.add(operation.text("vm"));
        }
      }
      case "vm.irqchip", "vm.split", "vm.vgic" -> {
        if (ok) {
          chips.add(operation.text("vm"));
        }
      }
      case "kv.create" -> {
        if (ok && !operation.flag("test", false) && operation.integer("type", 4) == 4) {
          forwarders.put(operation.text("vm"), operation.text("kv"));
          forwarderVms.put(operation.text("kv"), operation.text("vm"));
        }
      }
      case "kv.set" -> {
        if (ok) {
          groupAttribute(operation);
        }
      }
      case "kv.close" -> {
        String vm = forwarderVms.remove(operation.text("kv"));
        if (vm != null) {
          forwarders.remove(vm);
          groups.removeIf(group -> group.startsWith(vm + "/"));
        }
      }
      case "grp.open" -> {
        if (ok && operation.has("dev")) {
          groupDevices.put("grp:" + operation.text("dev"), operation.text("dev"));
        }
      }
      case "dev.open" -> {
        if (ok) {
          String device = operation.text("dev");
          groupDevices.put(operation.text("grp", "grp:" + device), device);
          groupDevices.put("grp:" + device, device);
        }
      }
      case "dev.close" -> {
        String device = operation.text("dev", operation.text("fd", "").replaceFirst("^dev:", ""));
        triggers.keySet().removeIf(interrupt -> interrupt.device().equals(device));
      }
      case "ef.close" -> {
        if (ok) {
          bindings.remove(operation.text("fd"));
        }
      }
      case "vm.close" -> {
        String vm = operation.text("vm");
        bindings.values().removeIf(binding -> binding.vm().equals(vm));
        chips.remove(vm);
        forwarders.remove(vm);
      }
      case "teardown" -> {
        triggers.clear();
        bindings.clear();
      }
      default -> {
        return;
      }
    }
    situation = null;
  }

  private void setIrqs(int step, Operation operation, Outcome outcome) {
    if (!IrqFlags.has(operation, IrqFlags.ACTION_TRIGGER)) {
      if (IrqFlags.has(operation, IrqFlags.ACTION_UNMASK | IrqFlags.DATA_EVENTFD)) {
        resampleEventfds.addAll(operation.list("fds"));
      }
      return;
    }
    int start = operation.u32("start");
    int count = operation.u32("count");
    Interrupt first = interrupt(operation, start);
    if (count == 0) {
      if (outcome.succeeded()) {
        triggers
            .keySet()
            .removeIf(
                i ->
                    i.device().equals(first.device())
                        && i.index().equals(first.index())
                        && (!first.index().equals("IRQ") || i.vector() == first.vector()));
      }
      return;
    }
    if (!IrqFlags.has(operation, IrqFlags.DATA_EVENTFD)) {
      return;
    }
    List<String> fds = operation.list("fds");
    boolean all = outcome.succeeded() && outcome.ret() == 0;
    for (int i = 0; i < fds.size() && i < count; i++) {
      Interrupt interrupt = interrupt(operation, start + i);
      if (all && !fds.get(i).startsWith("-")) {
        triggers.put(interrupt, fds.get(i));
        triggerSteps.put(interrupt, step);
      } else {
        triggers.remove(interrupt);
      }
    }
  }

  private void irqfd(Operation operation) {
    String fd = operation.text("fd");
    int gsi = operation.u32("gsi");
    if (IrqFlags.has(operation, IrqFlags.DEASSIGN)) {
      Binding binding = bindings.get(fd);
      if (binding != null && binding.gsi() == gsi) {
        bindings.remove(fd);
      }
    } else {
      bindings.put(fd, new Binding(operation.text("vm"), gsi, operation.textOrNull("resamplefd")));
    }
  }

  private void routing(Operation operation) {
    Map<String, String> table = new HashMap<>();
    for (String entry : ROUTES.split(operation.text("entries", ""))) {
      List<String> fields = FIELDS.splitToList(entry);
      if (fields.size() > 1) {
        // Several entries of one gsi are one route that cannot be posted; joined they stay apart
        // from any single one.
        table.merge(number(fields.get(1)), entry, (a, b) -> a + ";" + b);
      }
    }
    routes.put(operation.text("vm"), ImmutableMap.copyOf(table));
  }

  private static String number(String text) {
    try {
      return Long.toString(Long.decode(text));
    } catch (NumberFormatException kept) {
      return text; // the call was refused, or it is no gsi that could be named again
    }
  }

  private void groupAttribute(Operation operation) {
    String group = operation.text("group", "GROUP");
    String attribute = operation.text("attr");
    String fd = operation.text("fd", "");
    String vm = forwarderVms.get(operation.text("kv"));
    if (!(group.equals("GROUP") || group.equals("1")) || vm == null) {
      return;
    }
    if (attribute.equals("ADD") || attribute.equals("1")) {
      groups.add(vm + "/" + fd);
    } else if (attribute.equals("DEL") || attribute.equals("2")) {
      groups.remove(vm + "/" + fd);
    }
  }

  /** Which eventfd each interrupt triggers. */
  Map<Interrupt, String> triggers() {
    return triggers;
  }

  /** The step at which an interrupt's trigger was set last. */
  int triggerStep(Interrupt interrupt) {
    return triggerSteps.getOrDefault(interrupt, 0);
  }

  /** What an eventfd becomes in a guest; null if no VM has it. */
  @Nullable Binding binding(@Nullable String eventfd) {
    return eventfd == null ? null : bindings.get(eventfd);
  }

  /** Whether an eventfd tells VFIO, and with it userspace, of completions. */
  boolean isResample(String eventfd) {
    return resampleEventfds.contains(eventfd);
  }

  /** What a guest interrupt is, as the routing table has it; null if it has none. */
  @Nullable String route(String vm, int gsi) {
    ImmutableMap<String, String> table = routes.get(vm);
    return table == null ? null : table.get(Integer.toUnsignedString(gsi));
  }

  /** By which name the group of a device is open. */
  String group(String device) {
    return groupDevices.entrySet().stream()
        .filter(entry -> entry.getValue().equals(device))
        .map(Map.Entry::getKey)
        .sorted()
        .findFirst()
        .orElse("grp:" + device);
  }

  /** Whether a VM's KVM-VFIO device has the group of a device. */
  boolean hasGroup(String vm, String device) {
    return groups.contains(vm + "/" + group(device));
  }

  /** What can be named now. */
  Situation situation() {
    Situation current = situation;
    if (current == null) {
      ImmutableSet.Builder<String> added = ImmutableSet.builder();
      for (String vm : forwarders.keySet()) {
        devices.keySet().stream()
            .filter(device -> hasGroup(vm, device))
            .forEach(device -> added.add(vm + "/" + device));
      }
      ImmutableMap.Builder<String, String> all = ImmutableMap.builder();
      routes.forEach((vm, table) -> table.forEach((gsi, is) -> all.put(vm + "/" + gsi, is)));
      current =
          new Situation(
              ImmutableSet.copyOf(chips),
              ImmutableMap.copyOf(forwarders),
              added.build(),
              all.buildOrThrow());
      situation = current;
    }
    return current;
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    sink.putReference(triggers)
        .putReference(bindings)
        .putReference(resampleEventfds)
        .putReference(chips)
        .putReference(forwarders)
        .putReference(groups)
        .putReference(groupDevices)
        .putReference(routes);
  }
}
