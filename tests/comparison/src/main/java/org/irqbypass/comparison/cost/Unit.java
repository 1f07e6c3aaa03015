package org.irqbypass.comparison.cost;

import com.fasterxml.jackson.annotation.JsonValue;
import com.google.common.collect.ImmutableList;
import java.util.Arrays;
import java.util.Optional;

/** What a parameter is given in. */
public enum Unit {
  /** Nanoseconds. */
  NANOSECONDS("ns"),
  /** Cycles of the clock. */
  CYCLES("cycles"),
  /** Cycles of the clock in a nanosecond. */
  GIGAHERTZ("GHz");

  private final String label;

  Unit(String label) {
    this.label = label;
  }

  static Optional<Unit> named(String label) {
    return Arrays.stream(values()).filter(unit -> unit.label.equals(label)).findFirst();
  }

  static ImmutableList<String> labels() {
    return Arrays.stream(values()).map(Unit::label).collect(ImmutableList.toImmutableList());
  }

  /** How it is written. */
  @JsonValue
  public String label() {
    return label;
  }

  @Override
  public String toString() {
    return label;
  }
}
