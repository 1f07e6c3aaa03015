package org.irqbypass.comparison.cost;

import com.fasterxml.jackson.annotation.JsonValue;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import java.util.Map;
import java.util.function.Predicate;

/**
 * How often a run spent time on what. These are counts, and do not depend on any price.
 *
 * @param counts in the order of the costs, without those that never came
 */
public record Charges(@JsonValue ImmutableMap<Cost, Integer> counts) {
  static Charges of(Map<Cost, Integer> counts) {
    return new Charges(Maps.immutableEnumMap(counts));
  }

  /** How often. */
  public int count(Cost cost) {
    return counts.getOrDefault(cost, 0);
  }

  /** Those that are asked for. */
  public Charges only(Predicate<Cost> which) {
    return new Charges(ImmutableMap.copyOf(Maps.filterKeys(counts, which::test)));
  }

  /** What those that are asked for come to, in nanoseconds. */
  public long nanos(Prices prices, Predicate<Cost> which) {
    return counts.entrySet().stream()
        .filter(charge -> which.test(charge.getKey()))
        .mapToLong(charge -> charge.getValue() * prices.of(charge.getKey()))
        .sum();
  }

  /** What all come to, in nanoseconds: calls and interrupts, without what happens by itself. */
  public long nanos(Prices prices) {
    return nanos(prices, Cost::isOfCalls) + nanos(prices, Cost::isOfInterrupts);
  }
}
