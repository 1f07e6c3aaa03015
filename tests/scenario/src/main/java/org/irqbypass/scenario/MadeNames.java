package org.irqbypass.scenario;

import com.google.common.collect.HashMultimap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.SetMultimap;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The names that a scenario's steps give to what they make. One that no step gives is a slip of the
 * pen: the kernel would say that nothing of that name is open, in every order.
 */
final class MadeNames {
  private static final String VM = "vm";
  private static final String KV = "kv";
  private static final String FD = "fd";
  private static final ImmutableSet<String> KINDS = ImmutableSet.of(VM, KV, FD, "dev", "grp");

  private final SetMultimap<String, String> made = HashMultimap.create();

  private MadeNames() {}

  static void check(List<Scenario.Step> steps, Set<String> devices) {
    MadeNames names = new MadeNames();
    names.made.putAll("dev", devices);
    names.made.putAll("grp", devices);
    steps.forEach(step -> names.note(step.operation()));
    steps.forEach(step -> names.check(step.operation()));
  }

  /** What an operation makes, by which argument; nothing if it makes nothing. */
  private static String maker(Operation operation) {
    return switch (operation.name()) {
      case "vm.new" -> VM;
      case "kv.create" -> KV;
      case "ef.new", "ctr.open", "grp.open" -> FD;
      default -> "";
    };
  }

  private void note(Operation operation) {
    String argument = maker(operation);
    if (operation.has(argument)) {
      made.put(argument, operation.text(argument));
    }
  }

  private void check(Operation operation) {
    for (ArgumentSchema argument : operation.schema().arguments().values()) {
      String name = argument.name();
      if (!operation.has(name) || name.equals(maker(operation))) {
        continue;
      }
      switch (argument.kind()) {
        case NAME -> check(operation, name, name, operation.text(name));
        case DESCRIPTOR -> checkDescriptor(operation, name, operation.text(name));
        case DESCRIPTORS ->
            operation.list(name).forEach(each -> checkDescriptor(operation, name, each));
        default -> {}
      }
    }
  }

  private void checkDescriptor(Operation operation, String argument, String word) {
    if (Numbers.isNumber(word) || word.equals("closed") || word.equals("null")) {
      return;
    }
    int colon = word.indexOf(':');
    String kind = colon < 0 ? FD : word.substring(0, colon);
    check(operation, argument, kind, word.substring(colon + 1));
  }

  private void check(Operation operation, String argument, String kind, String name) {
    Set<String> known = new TreeSet<>(made.get(kind));
    if (KINDS.contains(kind) && !known.contains(name)) {
      throw operation.wrong(
          argument,
          (known.isEmpty()
                  ? "what a step makes, and none makes any"
                  : "what a step makes: " + String.join(", ", known))
              + Suggestion.of(name, known));
    }
  }
}
