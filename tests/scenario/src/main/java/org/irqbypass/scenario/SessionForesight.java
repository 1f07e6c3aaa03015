package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ListMultimap;
import com.google.common.collect.Lists;
import com.google.common.collect.MultimapBuilder;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What later lines of a session show to have happened earlier, unseen. Inputs only. Lines are known
 * by their place.
 *
 * <ul>
 *   <li>A level that is delivered a second time was taken and ended in between: until then the
 *       IOAPIC holds it back (remote IRR). If the recording shows no taking, as it does for
 *       interrupts that the monitor raises for devices of its own, the guest did so when the line
 *       fell.
 *   <li>A pin of the IOAPIC is programmed to what a line prints at some time after the line before
 *       that printed it: at the latest when the guest takes the vector that it names.
 *   <li>A vector that is accepted a second time without having been taken, while lower ones were,
 *       was forgotten: the guest's local APIC was reset, or its vCPU. One that is in service is
 *       forgotten only where the monitor reset the machine.
 * </ul>
 */
final class SessionForesight {
  private static final Pattern ACCEPTED =
      Pattern.compile(
          "kvm_apic_accept_irq: apicid ([0-9a-f]+) vec (\\d+) \\(\\w+\\|(edge|level)\\)");

  private static final Pattern SET =
      Pattern.compile("kvm_set_irq: gsi \\d+ level (\\d) source \\d+");

  private static final String INJECT = "kvm.inject";
  private static final String MONITOR = "main";

  private final List<RecordedOperation> lines;
  private final ListMultimap<Integer, Destination> taken =
      MultimapBuilder.hashKeys().arrayListValues().build();
  private final ListMultimap<Integer, Destination> ended =
      MultimapBuilder.hashKeys().arrayListValues().build();

  SessionForesight(List<RecordedOperation> lines) {
    this.lines = lines;
    Map<Destination, Waiting> levels = new HashMap<>();
    for (int at = 0; at < lines.size(); at++) {
      Operation op = lines.get(at).operation();
      if (op.name().equals(INJECT)) {
        Waiting waiting = levels.get(Destination.of(op));
        if (waiting != null) {
          waiting.taken = true;
        }
      } else if (op.name().equals("kvm.eoi") && op.has("vec")) {
        levels.remove(Destination.of(op));
      }
      if (isReset(lines.get(at))) {
        levels.values().forEach(waiting -> waiting.reset = true);
      }
      boolean high = true;
      for (String line : SessionLines.trace(lines.get(at))) {
        Matcher set = SET.matcher(line);
        Matcher accepted = ACCEPTED.matcher(line);
        if (set.matches()) {
          high = !set.group(1).equals("0");
        } else if (accepted.matches()) {
          Destination to = Destination.of(accepted);
          if (accepted.group(3).equals("level")) {
            Waiting before = levels.put(to, new Waiting());
            if (before != null) {
              again(before, to, at);
            }
          }
        } else if (!high) {
          fell(line, at, levels);
        }
      }
    }
  }

  /** A vector at a local APIC. */
  record Destination(int vcpu, int vector) {
    static Destination of(Operation op) {
      return new Destination(op.u32("vcpu"), op.u32("vec"));
    }

    static Destination of(Matcher accepted) {
      return new Destination(
          Integer.parseInt(accepted.group(1), 16), Integer.parseInt(accepted.group(2)));
    }
  }

  /** A level that was delivered: whether it was taken, and where its line fell then. */
  private static final class Waiting {
    boolean taken;
    boolean reset;
    int fell = -1;
  }

  private void again(Waiting before, Destination to, int at) {
    if (before.taken && before.reset) {
      ended.put(at, to);
    } else if (!before.taken && before.fell >= 0) {
      taken.put(before.fell, to);
    }
  }

  private static void fell(String line, int at, Map<Destination, Waiting> levels) {
    Operation pin = SessionInputs.ioApicPin(line, "v0");
    if (pin == null) {
      return;
    }
    levels.forEach(
        (to, waiting) -> {
          if (to.vector() == pin.u32("vector") && waiting.fell < 0) {
            waiting.fell = at;
          }
        });
  }

  /** What the guest takes unseen just before a line, and ends just behind it. */
  ImmutableList<Destination> taken(int at) {
    return ImmutableList.copyOf(taken.get(at));
  }

  /** What the guest has ended unseen just before a line. */
  ImmutableList<Destination> ended(int at) {
    return ImmutableList.copyOf(ended.get(at));
  }

  /** What the pins that name a vector are programmed to next, as far as lines print it. */
  ImmutableList<Operation> nextPins(int at, String vm, int vector) {
    Map<String, Operation> next = new LinkedHashMap<>();
    for (int later = at; later < lines.size(); later++) {
      for (String line : SessionLines.trace(lines.get(later))) {
        Operation pin = SessionInputs.ioApicPin(line, vm);
        if (pin != null) {
          next.putIfAbsent(pin.text("pin"), pin);
        }
      }
    }
    return next.values().stream()
        .filter(pin -> pin.u32("vector") == vector)
        .collect(ImmutableList.toImmutableList());
  }

  /** Whether the monitor has reset the machine since a vector was taken last. */
  boolean isReset(int at, Destination inService) {
    for (RecordedOperation line : Lists.reverse(lines.subList(0, at))) {
      Operation op = line.operation();
      if (op.name().equals(INJECT) && inService.equals(Destination.of(op))) {
        return false;
      }
      if (isReset(line)) {
        return true;
      }
    }
    return false;
  }

  /** A machine is reset by the monitor's main thread, and with it each device. */
  private static boolean isReset(RecordedOperation line) {
    return line.operation().name().equals("vfio.reset") && MONITOR.equals(line.thread());
  }

  /** Whether the guest takes a vector from a line on, before it is accepted again. */
  boolean isTakenLater(int at, Destination wanted) {
    for (RecordedOperation line : lines.subList(at, lines.size())) {
      Operation op = line.operation();
      if (op.name().equals(INJECT) && wanted.equals(Destination.of(op))) {
        return true;
      }
      for (String text : SessionLines.trace(line)) {
        Matcher accepted = ACCEPTED.matcher(text);
        if (accepted.matches() && wanted.equals(Destination.of(accepted))) {
          return false;
        }
      }
    }
    return false;
  }
}
