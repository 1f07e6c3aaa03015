package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Iterables;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Who takes a step: in a scenario as it says, in a recording as the operation shows. */
final class Actors {
  static final String VMM = "vmm";
  static final String DEVICE = "device";
  static final String GUEST = "guest";
  static final String KERNEL = "kernel";

  /** The physical machine: it schedules the guests' threads. */
  static final String HOST = "host";

  /** Who may act in a scenario, and as what. */
  static final ImmutableMap<String, String> MEANINGS =
      ImmutableMap.of(
          VMM, "The virtual machine monitor calls",
          DEVICE, "The device raises its interrupts",
          GUEST, "The guest and its vCPUs",
          HOST, "The physical machine schedules the vCPUs' threads");

  /** Several of a kind are told apart by a number or a word. */
  static final ImmutableList<String> KINDS = MEANINGS.keySet().asList();

  /** What tells several of a kind apart. */
  static final String SUFFIX = "([0-9]+|-[A-Za-z0-9][A-Za-z0-9_-]*)";

  private static final Pattern SUFFIX_AT_END = Pattern.compile(SUFFIX + "$");

  private Actors() {}

  /** What an actor is, whichever of its kind. */
  static String kind(String actor) {
    return actor.substring(0, actor.length() - suffix(actor).length());
  }

  private static String suffix(String actor) {
    Matcher suffix = SUFFIX_AT_END.matcher(actor);
    return suffix.find() ? suffix.group() : "";
  }

  /**
   * Refuses who cannot act in a scenario.
   *
   * @param words what else might have been meant
   */
  static void check(String actor, Position position, ImmutableList<String> words) {
    boolean name = Vocabulary.isName(actor);
    if (name && KINDS.contains(kind(actor))) {
      return;
    }
    String suffix = name ? suffix(actor) : "";
    throw new InputException(
        position,
        InputException.quote(actor)
            + " is no actor, expected "
            + String.join(", ", KINDS)
            + " or one of them and a number or a word, such as guest1 or vmm-hotplug"
            + Suggestion.of(
                actor, Iterables.concat(Iterables.transform(KINDS, k -> k + suffix), words)));
  }

  static String of(Operation operation) {
    return switch (operation.name()) {
      case "irq.arrive", "irq.raise" -> DEVICE;
      case "kvm.inject", "kvm.ack", "kvm.eoi", "kvm.lapic_setup", "kvm.ioapic_pin" -> GUEST;
      case "irqfd.inject", "virqfd.inject", "kworker" -> KERNEL;
      default -> {
        String name = operation.name();
        boolean device =
            name.startsWith("edu.") || name.startsWith("e1000e.") || name.startsWith("pl031.");
        boolean guest =
            name.startsWith("guest.")
                || name.startsWith("its.")
                || name.startsWith("lpi.")
                || name.startsWith("spi.")
                || name.equals("kvm.run");
        yield device ? DEVICE : guest ? GUEST : VMM;
      }
    };
  }
}
