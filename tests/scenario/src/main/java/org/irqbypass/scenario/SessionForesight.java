package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
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
 *   <li>A vector that no line ever shows the guest to take is an interrupt of the monitor's own
 *       devices, which recordings leave out: the guest takes and ends it at once, a level when its
 *       line falls.
 *   <li>Another level that is delivered a second time was taken and ended in between too: until
 *       then the IOAPIC holds it back (remote IRR).
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
          "kvm_apic_accept_irq: apicid ([0-9a-f]{1,7}) vec (\\d{1,3}) \\(\\w+\\|(edge|level)\\)");

  private static final Pattern SET =
      Pattern.compile("kvm_set_irq: gsi \\d+ level (\\d) source \\d+");

  private static final String KVM = "kvm_";
  private static final String INJECT = "kvm.inject";
  private static final String MONITOR = "main";

  private final List<RecordedOperation> lines;
  private final ImmutableSet<Destination> everTaken;

  /** Taken just before a line, and ended just behind it. */
  private final ListMultimap<Integer, Destination> around =
      MultimapBuilder.hashKeys().arrayListValues().build();

  /** Ended just before a line. */
  private final ListMultimap<Integer, Destination> endedBefore =
      MultimapBuilder.hashKeys().arrayListValues().build();

  /** Taken and ended just behind a line. */
  private final ListMultimap<Integer, Destination> behind =
      MultimapBuilder.hashKeys().arrayListValues().build();

  /** Levels that were delivered and not ended, while the lines are read. */
  private final Map<Destination, Level> levels = new HashMap<>();

  SessionForesight(List<RecordedOperation> lines) {
    this.lines = lines;
    this.everTaken =
        lines.stream()
            .map(RecordedOperation::operation)
            .filter(op -> op.name().equals(INJECT))
            .map(Destination::of)
            .collect(ImmutableSet.toImmutableSet());
    for (int at = 0; at < lines.size(); at++) {
      read(lines.get(at), at);
    }
  }

  private void read(RecordedOperation line, int at) {
    Operation op = line.operation();
    if (op.name().equals(INJECT)) {
      Level level = levels.get(Destination.of(op));
      if (level != null) {
        level.taken = true;
      }
    } else if (op.name().equals("kvm.eoi") && op.has("vec")) {
      levels.remove(Destination.of(op));
    } else if (isReset(line)) {
      levels.values().forEach(level -> level.reset = true);
    }
    boolean high = true;
    for (String text : SessionLines.trace(line)) {
      if (!text.startsWith(KVM)) {
        continue;
      }
      Matcher set = SET.matcher(text);
      Matcher accepted = ACCEPTED.matcher(text);
      if (set.matches()) {
        high = !set.group(1).equals("0");
      } else if (accepted.matches()) {
        accepted(Destination.of(accepted), accepted.group(3).equals("level"), at);
      } else if (!high) {
        fell(text, at);
      }
    }
  }

  private void accepted(Destination to, boolean byLevel, int at) {
    if (byLevel) {
      Level before = levels.put(to, new Level());
      if (before != null && before.taken && before.reset) {
        endedBefore.put(at, to);
      } else if (before != null && !before.taken && before.fell >= 0 && everTaken.contains(to)) {
        around.put(before.fell, to);
      }
    } else if (!everTaken.contains(to)) {
      behind.put(at, to);
    }
  }

  private void fell(String text, int at) {
    Operation pin = SessionInputs.ioApicPin(text, "v0");
    if (pin == null) {
      return;
    }
    levels.forEach(
        (to, level) -> {
          if (to.vector() == pin.u32("vector") && level.fell < 0) {
            level.fell = at;
            if (!everTaken.contains(to)) {
              around.put(at, to);
            }
          }
        });
  }

  /** A level that was delivered: whether it was taken, and where its line fell then. */
  private static final class Level {
    boolean taken;
    boolean reset;
    int fell = -1;
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

  /** What the guest takes unseen just before a line, and ends just behind it. */
  ImmutableList<Destination> around(int at) {
    return ImmutableList.copyOf(around.get(at));
  }

  /** What the guest has ended unseen just before a line. */
  ImmutableList<Destination> endedBefore(int at) {
    return ImmutableList.copyOf(endedBefore.get(at));
  }

  /** What the guest takes and ends unseen just behind a line. */
  ImmutableList<Destination> behind(int at) {
    return ImmutableList.copyOf(behind.get(at));
  }

  /** Whether any line shows the guest to take a vector. */
  boolean isEverTaken(Destination to) {
    return everTaken.contains(to);
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

  /** A machine is reset by the monitor's main thread, and with it each device's interrupts. */
  private static boolean isReset(RecordedOperation line) {
    Operation op = line.operation();
    boolean off =
        op.name().equals("vfio.set_irqs")
            && op.text("flags").contains("DATA_NONE")
            && op.text("flags").contains("TRIGGER")
            && op.u32("count") == 0;
    return MONITOR.equals(line.thread()) && (off || op.name().equals("vfio.reset"));
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
