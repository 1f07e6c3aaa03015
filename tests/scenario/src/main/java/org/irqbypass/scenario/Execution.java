package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;

/** What a run of operations came to, in order. Immutable. */
public final class Execution {
  private final ImmutableList<Step> steps;

  /**
   * One operation that was run.
   *
   * @param index its place in the run, from 0
   * @param actor who ran it, such as {@code vmm}, {@code device}, {@code guest}
   * @param operation what was run
   * @param outcome what it came to
   * @param phase the text of the last {@code mark} before it; empty before the first
   */
  public record Step(int index, String actor, Operation operation, Outcome outcome, String phase) {}

  private Execution(ImmutableList<Step> steps) {
    this.steps = steps;
  }

  /**
   * The operations that were run.
   *
   * @return in order
   */
  public ImmutableList<Step> steps() {
    return steps;
  }

  /** Gathers an execution while it runs. */
  public static final class Builder {
    private final List<Step> steps = new ArrayList<>();
    private String phase = "";

    /** Makes an empty one. */
    public Builder() {}

    /**
     * Adds what was run. A {@code mark} begins a phase, to which it belongs itself.
     *
     * @param actor who ran it
     * @param operation what was run
     * @param outcome what it came to
     * @return the step
     */
    public Step add(String actor, Operation operation, Outcome outcome) {
      if (operation.name().equals("mark")) {
        phase = operation.text("text", "");
      }
      Step step = new Step(steps.size(), actor, operation, outcome, phase);
      steps.add(step);
      return step;
    }

    /**
     * What was added so far.
     *
     * @return an execution that does not change any more
     */
    public Execution build() {
      return new Execution(ImmutableList.copyOf(steps));
    }
  }
}
