package org.irqbypass.scenario.live;

import org.irqbypass.scenario.Operation;

/** What one case has open on a kernel that runs. For one thread. */
public interface LiveHost extends AutoCloseable {
  /**
   * Performs an operation and waits until the work that the kernel deferred because of it is done.
   *
   * @param operation one that {@link LiveKernel#performs}
   * @return what the kernel answered
   */
  Answer perform(Operation operation);

  /** Closes what the case has left open. */
  @Override
  void close();
}
