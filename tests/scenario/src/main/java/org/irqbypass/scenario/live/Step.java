package org.irqbypass.scenario.live;

import org.irqbypass.scenario.Operation;

/**
 * One operation on the kernel that runs and on its model. Immutable.
 *
 * @param operation what was done
 * @param kernel what the kernel answered
 * @param model what the model answered
 */
public record Step(Operation operation, Answer kernel, Answer model) {
  /**
   * Whether they answered otherwise.
   *
   * @return true if the model does not do what the kernel does
   */
  public boolean differs() {
    return !kernel.equals(model);
  }
}
