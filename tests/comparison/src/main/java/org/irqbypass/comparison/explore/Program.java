package org.irqbypass.comparison.explore;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.irqbypass.comparison.contender.Plan;
import org.irqbypass.scenario.Operation;
import org.irqbypass.scenario.Scenario;
import org.jspecify.annotations.Nullable;

/**
 * What each actor of a scenario does, in its own order, and which steps of others each step needs:
 *
 * <ul>
 *   <li>what a step names must have been made: a guest needs its machine, a device that raises must
 *       have been opened;
 *   <li>a machine is closed, or everything is, when those who run in it are done.
 * </ul>
 *
 * <p>Immutable.
 */
public final class Program {
  /** Makes explicit contenders' calls where the scenario's own step has another actor. */
  static final String VMM = "vmm";

  private static final ImmutableSet<String> TAKES =
      ImmutableSet.of("guest.take", "guest.run", "kvm.inject");

  private static final ImmutableSet<String> ACKNOWLEDGEMENTS =
      ImmutableSet.of("edu.ack", "e1000e.intx_ack", "pl031.ack");

  /**
   * A part of an actor's program: a step of the scenario, or of what its contender adds.
   *
   * @param step the step's place in the scenario; -1 for what is added
   * @param written the step; null for what is added
   * @param action what is added
   * @param after the step of another actor without which there is no reason to add it; -1 if none
   */
  record Part(int step, @Nullable Written written, Plan.@Nullable Action action, int after) {}

  /**
   * A step of the scenario. What is asked of it again and again was found once.
   *
   * @param operation what it does
   * @param text how the scenario writes it
   * @param names what it names
   * @param waitsFor for what it waits
   */
  record Written(Operation operation, String text, ImmutableSet<String> names, Wait waitsFor) {
    static Written of(Operation operation) {
      return new Written(operation, operation.toText(), Links.names(operation), Wait.of(operation));
    }

    boolean isEnd() {
      return waitsFor == Wait.END;
    }
  }

  /** For what a step waits, besides what it names. */
  enum Wait {
    NOTHING,
    /** A guest, for an interrupt. */
    INTERRUPT,
    /** A vCPU that sleeps, for its wake-up. */
    WAKE_UP,
    /** A device that is to lower its line, for being served. */
    SERVICE,
    /** A machine's end, for all that is to happen in it. */
    END;

    static Wait of(Operation operation) {
      if (isEnd(operation)) {
        return END;
      } else if (isLowering(operation)) {
        return SERVICE;
      } else if (isTake(operation)) {
        return INTERRUPT;
      }
      return operation.name().equals("guest.load") ? WAKE_UP : NOTHING;
    }
  }

  private final ImmutableList<String> actors;
  private final ImmutableList<ImmutableList<Part>> parts;
  private final ImmutableMap<Integer, ImmutableSet<Integer>> needs;

  private Program(
      ImmutableList<String> actors,
      ImmutableList<ImmutableList<Part>> parts,
      ImmutableMap<Integer, ImmutableSet<Integer>> needs) {
    this.actors = actors;
    this.parts = parts;
    this.needs = needs;
  }

  /**
   * The program of what is explored of a scenario.
   *
   * @param scenario what
   * @param plan what the contender adds
   */
  static Program of(Scenario scenario, Plan plan) {
    Map<String, List<Part>> parts = new LinkedHashMap<>();
    ImmutableList<Scenario.Step> steps = scenario.steps();
    for (int i = scenario.explore().from(); i < scenario.explore().until(); i++) {
      Scenario.Step step = steps.get(i);
      List<Part> adds =
          parts.computeIfAbsent(isVmm(step.actor()) ? step.actor() : VMM, a -> new ArrayList<>());
      int other = isVmm(step.actor()) ? -1 : i;
      plan.before(i).forEach(action -> adds.add(new Part(-1, null, action, -1)));
      if (!step.operation().name().equals("mark")) {
        parts
            .computeIfAbsent(step.actor(), a -> new ArrayList<>())
            .add(new Part(i, Written.of(step.operation()), null, -1));
      }
      plan.after(i).forEach(action -> adds.add(new Part(-1, null, action, other)));
    }
    return new Program(
        ImmutableList.copyOf(parts.keySet()),
        parts.values().stream().map(ImmutableList::copyOf).collect(ImmutableList.toImmutableList()),
        Needs.of(scenario));
  }

  static boolean isVmm(String actor) {
    return actor.startsWith(VMM);
  }

  /** Whether a guest takes an interrupt by it, so that it waits for one. */
  static boolean isTake(Operation operation) {
    return TAKES.contains(operation.name());
  }

  /** Whether a device stops to assert its line by it, as it does when it is served. */
  static boolean isLowering(Operation operation) {
    return ACKNOWLEDGEMENTS.contains(operation.name())
        || (operation.name().equals("irq.raise") && !operation.flag("level", true));
  }

  /** Whether a machine ends by it, so that it waits until nothing goes on in there. */
  static boolean isEnd(Operation operation) {
    return switch (operation.name()) {
      case "vm.close", "teardown", "exit" -> true;
      default -> false;
    };
  }

  /** The actors, in the order of their first step. */
  ImmutableList<String> actors() {
    return actors;
  }

  /** What an actor does, in its order. */
  ImmutableList<Part> parts(int actor) {
    return parts.get(actor);
  }

  /** The steps that must have been taken before a step. */
  ImmutableSet<Integer> needs(int step) {
    return needs.getOrDefault(step, ImmutableSet.of());
  }

  /** Finds what each step needs. */
  private static final class Needs {
    private final ImmutableList<Scenario.Step> steps;
    private final Map<String, TreeSet<Integer>> makers = new HashMap<>();

    private Needs(Scenario scenario) {
      this.steps = scenario.steps();
    }

    static ImmutableMap<Integer, ImmutableSet<Integer>> of(Scenario scenario) {
      Needs needs = new Needs(scenario);
      ImmutableMap.Builder<Integer, ImmutableSet<Integer>> all = ImmutableMap.builder();
      for (int i = 0; i < needs.steps.size(); i++) {
        ImmutableSet<Integer> of = needs.of(i);
        if (i >= scenario.explore().from() && !of.isEmpty()) {
          all.put(
              i,
              of.stream()
                  .filter(step -> step >= scenario.explore().from())
                  .collect(ImmutableSet.toImmutableSet()));
        }
      }
      return all.buildOrThrow();
    }

    private ImmutableSet<Integer> of(int i) {
      Scenario.Step step = steps.get(i);
      Operation operation = step.operation();
      ImmutableSet.Builder<Integer> needed = ImmutableSet.builder();
      for (String used : uses(operation)) {
        TreeSet<Integer> made = makers.get(used);
        if (made != null) {
          needed.addAll(made);
        }
      }
      if (isEnd(operation)) {
        String vm = operation.textOrNull("vm");
        for (int earlier = 0; earlier < i; earlier++) {
          String theirs = steps.get(earlier).operation().textOrNull("vm");
          if (vm == null || vm.equals(theirs)) {
            needed.add(earlier);
          }
        }
      }
      String made = makes(operation);
      if (made != null) {
        TreeSet<Integer> of = makers.computeIfAbsent(made, any -> new TreeSet<>());
        if (operation.name().endsWith(".new") || operation.name().endsWith(".open")) {
          of.clear(); // made anew: what was made before under that name is gone
        }
        of.add(i);
      }
      if (operation.name().equals("teardown")) {
        makers.computeIfAbsent("everything", any -> new TreeSet<>()).add(i);
      }
      return needed.build().stream()
          .filter(other -> !steps.get(other).actor().equals(step.actor()))
          .filter(other -> !steps.get(other).operation().name().equals("mark"))
          .collect(ImmutableSet.toImmutableSet());
    }

    /** What a step makes, on which steps of other actors depend. */
    private static @Nullable String makes(Operation operation) {
      String vm = operation.text("vm", "");
      return switch (operation.name()) {
        case "vm.new" -> "vm " + vm;
        case "vm.vcpu" -> "vcpu " + vm + " " + operation.text("vcpu", "0");
        case "vm.irqchip", "vm.split", "vm.vgic", "gic.create", "gic.set" -> "chip " + vm;
        case "its.setup", "its.enable" -> "its " + vm;
        case "ef.new" -> "fd " + operation.text("fd");
        case "kv.create" -> "kv " + operation.text("kv");
        case "grp.open" -> "grp " + operation.text("dev", "");
        case "dev.open" -> "dev " + operation.text("dev", "");
        default -> null;
      };
    }

    private static ImmutableSet<String> uses(Operation operation) {
      ImmutableSet.Builder<String> used = ImmutableSet.builder();
      used.add("everything");
      String vm = operation.textOrNull("vm");
      if (vm != null) {
        used.add("vm " + vm, "chip " + vm, "its " + vm);
        used.add("vcpu " + vm + " " + operation.text("vcpu", "0"));
      }
      for (String name : List.of("fd", "resamplefd", "fds")) {
        if (operation.has(name)) {
          operation.list(name).forEach(fd -> used.add("fd " + fd));
        }
      }
      for (String name : List.of("kv", "dev")) {
        if (operation.has(name)) {
          used.add(name + " " + operation.text(name));
        }
      }
      return used.build();
    }
  }
}
