package org.irqbypass.comparison.explore;

import com.google.common.collect.ImmutableList;

/**
 * A shortest order that breaks a promise, or that ends otherwise than others do.
 *
 * @param property which promise
 * @param what what happens, in one sentence
 * @param schedule the order, as {@code --schedule} takes it
 * @param command the command line that runs exactly it
 * @param decided after how many of its lines the rest does not matter any more
 * @param lines its steps, from the first that is explored
 */
public record Counterexample(
    String property,
    String what,
    String schedule,
    String command,
    int decided,
    ImmutableList<Line> lines) {
  /**
   * One step.
   *
   * @param actor who takes it
   * @param step what it does, as a scenario writes it
   * @param result what it came to, in a few words; empty where that is nothing to tell
   * @param trace the kernel's functions and tracepoints that it led to
   */
  public record Line(String actor, String step, String result, ImmutableList<String> trace) {}

  /** The actors, in the order in which they first act: the columns. */
  public ImmutableList<String> actors() {
    return lines.stream().map(Line::actor).distinct().collect(ImmutableList.toImmutableList());
  }
}
