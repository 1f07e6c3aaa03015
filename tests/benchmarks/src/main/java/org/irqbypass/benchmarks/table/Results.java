package org.irqbypass.benchmarks.table;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** All that was measured, by the benchmark's name and its parameters. */
public final class Results {
  private final Map<String, Result> byName = new LinkedHashMap<>();

  /** Nothing was measured yet. */
  public Results() {}

  /**
   * Adds what was measured.
   *
   * @param name such as {@code RegistryPairs.register pairs=1000}
   * @param result what was measured
   */
  public void add(String name, Result result) {
    byName.put(name, result);
  }

  /**
   * What was measured of a benchmark.
   *
   * @param name as it was added
   * @return empty if it did not run
   */
  public Optional<Result> of(String name) {
    return Optional.ofNullable(byName.get(name));
  }

  /**
   * All of it.
   *
   * @return in the order of measuring
   */
  public Map<String, Result> all() {
    return Map.copyOf(byName);
  }
}
