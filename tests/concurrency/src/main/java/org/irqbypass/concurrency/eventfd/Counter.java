package org.irqbypass.concurrency.eventfd;

import java.util.Set;
import org.irqbypass.concurrency.NotedWaits;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.eventfd.Eventfds;
import org.irqbypass.trace.Tracepoints;

/** An eventfd that blocks its readers and writers. */
class Counter {
  final NotedWaits waits = new NotedWaits();
  final EventfdContext eventfd =
      new EventfdContext(new Eventfds(waits, Tracepoints.untimed()), 0, Set.of());
}
