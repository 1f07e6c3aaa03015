package org.irqbypass.comparison.cost;

/** What a storm of irqfds rests on: times that only count where many wait for each other. */
public enum Contention {
  /** A side is registered in lists: for each pair that they hold. */
  LIST_STEP("list-step"),
  /** A side is registered in arrays. */
  ARRAY_HOLD("array-hold"),
  /** A thread that makes irqfds is busy elsewhere, from one registration to the next. */
  PAUSE("storm-pause");

  private final String label;

  Contention(String label) {
    this.label = label;
  }

  /** What it is called. */
  public String label() {
    return label;
  }
}
