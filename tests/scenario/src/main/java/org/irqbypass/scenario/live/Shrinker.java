package org.irqbypass.scenario.live;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.irqbypass.scenario.Operation;
import org.jspecify.annotations.Nullable;

/**
 * Makes a sequence on which kernel and model differ shorter, for as long as an operation still
 * differs in the same way: leaves operations out (Zeller and Hildebrandt's delta debugging), then
 * arguments and routes. For one thread.
 */
final class Shrinker {
  /** Sequences that are tried at most: each costs some milliseconds. */
  private static final int MOST_TRIED = 4000;

  private final Twins twins;
  private final Step wanted;
  private int tried;

  private Shrinker(Twins twins, Step wanted) {
    this.twins = twins;
    this.wanted = wanted;
  }

  /**
   * Shrinks a sequence.
   *
   * @param steps the last of which differs
   * @return as few and as simple operations as were found, with what they came to
   */
  static ImmutableList<Step> shrink(Twins twins, ImmutableList<Step> steps) {
    Shrinker shrinker = new Shrinker(twins, steps.get(steps.size() - 1));
    ImmutableList<Step> shortest = steps;
    ImmutableList<Step> before;
    do {
      before = shortest;
      shortest = shrinker.simplify(shrinker.leaveOut(shortest));
    } while (!shortest.equals(before));
    return shortest;
  }

  /** The steps up to the first that differs, as it should; null if none does. */
  private @Nullable ImmutableList<Step> differing(List<Operation> operations) {
    if (tried == MOST_TRIED) {
      return null;
    }
    tried++;
    ImmutableList<Step> steps = twins.run(operations);
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      if (step.differs()) {
        return isWanted(step) ? steps.subList(0, i + 1) : null;
      }
    }
    return null;
  }

  /** Whether a step differs in the same way: the same operation, failing alike. */
  private boolean isWanted(Step step) {
    return step.operation().name().equals(wanted.operation().name())
        && Objects.equals(step.kernel().errno(), wanted.kernel().errno())
        && Objects.equals(step.model().errno(), wanted.model().errno());
  }

  private ImmutableList<Step> leaveOut(ImmutableList<Step> steps) {
    ImmutableList<Step> shortest = steps;
    for (int chunk = Math.max(1, steps.size() / 2); chunk > 0; chunk /= 2) {
      int at = shortest.size();
      while (at > 0) {
        int from = Math.max(0, at - chunk);
        List<Operation> fewer = operations(shortest);
        fewer.subList(from, Math.min(at, fewer.size())).clear();
        ImmutableList<Step> found = differing(fewer);
        if (found != null) {
          shortest = found;
        }
        at = Math.min(from, shortest.size());
      }
    }
    return shortest;
  }

  private ImmutableList<Step> simplify(ImmutableList<Step> steps) {
    ImmutableList<Step> simplest = steps;
    for (int i = 0; i < simplest.size(); i++) {
      boolean simpler;
      do {
        simpler = false;
        for (Operation other : Simpler.than(simplest.get(i).operation())) {
          if (!twins.kernel().performs(other)) {
            continue;
          }
          List<Operation> changed = operations(simplest);
          changed.set(i, other);
          ImmutableList<Step> found = differing(changed);
          if (found != null && found.size() > i) {
            simplest = found;
            simpler = true;
            break;
          }
        }
      } while (simpler);
    }
    return simplest;
  }

  private static List<Operation> operations(List<Step> steps) {
    List<Operation> operations = new ArrayList<>(steps.size());
    steps.forEach(step -> operations.add(step.operation()));
    return operations;
  }
}
