package org.irqbypass.scenario;

import org.irqbypass.trace.TraceEvent;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.work.DeterministicWorkQueue;
import org.irqbypass.work.Work;
import org.irqbypass.work.WorkObserver;

/** The runs of deferred work among the events of a host. */
public sealed interface WorkEvent extends TraceEvent {
  /**
   * A run begins ({@code workqueue_execute_start}).
   *
   * @param work the item
   */
  record Begins(Work work) implements WorkEvent {}

  /**
   * The run that began last has ended ({@code workqueue_execute_end}).
   *
   * @param work the item
   */
  record Ends(Work work) implements WorkEvent {}

  /**
   * Emits them from now on.
   *
   * @param queue whose runs
   * @param trace where
   */
  static void observe(DeterministicWorkQueue queue, Tracepoints trace) {
    queue.observe(
        new WorkObserver() {
          @Override
          public void begins(Work work) {
            trace.emit(new Begins(work));
          }

          @Override
          public void ends(Work work) {
            trace.emit(new Ends(work));
          }
        });
  }
}
