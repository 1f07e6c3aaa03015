package org.irqbypass.comparison.contender;

import org.irqbypass.scenario.Execution;
import org.irqbypass.scenario.SimulatedHost;

/** Looks at the host after each step, and leaves it as it is. */
@FunctionalInterface
public interface StepListener {
  /**
   * A step was taken, and the deferred work it left, unless that is a step of its own.
   *
   * @param step what was run; its number counts the contender's own steps too
   * @param host as it is now
   */
  void after(Execution.Step step, SimulatedHost host);
}
