package org.irqbypass.scenario;

import org.irqbypass.trace.TraceEvent;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.work.DeterministicWorkQueue;
import org.irqbypass.work.Work;
import org.irqbypass.work.WorkObserver;

/** The runs of deferred work among the events of a host. */
sealed interface WorkEvent extends TraceEvent {
  /** A run begins. */
  record Begins(Work work) implements WorkEvent {}

  /** The run that began last has ended. */
  record Ends(Work work) implements WorkEvent {}

  /** Emits them from now on. */
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
