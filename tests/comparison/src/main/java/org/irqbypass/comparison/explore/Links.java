package org.irqbypass.comparison.explore;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.HashMap;
import java.util.Map;
import org.irqbypass.scenario.Operation;
import org.jspecify.annotations.Nullable;

/**
 * Which names have anything to do with each other, as far as was seen: those that one operation
 * named together, and what they were linked with before. For one thread.
 */
final class Links {
  private static final ImmutableList<String> NAMES = ImmutableList.of("vm", "kv", "dev");
  private static final ImmutableList<String> DESCRIPTORS =
      ImmutableList.of("fd", "fds", "resamplefd", "grp", "ctr");

  /** Of each name that is linked, another one; not of the last one of a chain. */
  private final Map<String, String> leaders = new HashMap<>();

  private int version;

  /** Links what an operation names. */
  void note(ImmutableSet<String> names) {
    String first = null;
    for (String name : names) {
      String leader = leader(name);
      if (first == null) {
        first = leader;
      } else if (!leader.equals(first)) {
        leaders.put(leader, first);
        version++;
      }
    }
  }

  private String leader(String name) {
    String leader = name;
    for (String next = leaders.get(leader); next != null; next = leaders.get(leader)) {
      leader = next;
    }
    return leader;
  }

  /** Another one after links were made. */
  int version() {
    return version;
  }

  /** What an operation may have to do with, by what it names; null if it names nothing. */
  @Nullable ImmutableSet<String> of(ImmutableSet<String> names) {
    if (names.isEmpty()) {
      return null;
    }
    ImmutableSet.Builder<String> all = ImmutableSet.builder();
    names.forEach(name -> all.add(leader(name)));
    return all.build();
  }

  /** What an operation names. */
  static ImmutableSet<String> names(Operation operation) {
    ImmutableSet.Builder<String> names = ImmutableSet.builder();
    for (String argument : NAMES) {
      if (operation.has(argument)) {
        names.add(argument + ":" + operation.text(argument));
      }
    }
    for (String argument : DESCRIPTORS) {
      for (String descriptor : operation.list(argument)) {
        if (!descriptor.startsWith("-")) {
          names.add(descriptor.startsWith("grp:") ? "dev:" + descriptor.substring(4) : descriptor);
        }
      }
    }
    if (operation.name().equals("byp")) {
      String side = operation.text("cmd").endsWith("c") ? "consumer:" : "producer:";
      names.add(side + operation.text("slot"));
      if (operation.has("token")) {
        names.add("token:" + operation.text("token"));
      }
    }
    return names.build();
  }
}
