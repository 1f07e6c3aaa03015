package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Map;
import org.irqbypass.work.Work;

/** The operations that concern the run itself: marks, deferred work. */
final class RunOperations {
  private final SimulatedHost host;
  private final List<Runnable> closers;

  RunOperations(SimulatedHost host, List<Runnable> closers) {
    this.host = host;
    this.closers = closers;
  }

  void addTo(Map<String, OperationHandler> handlers) {
    handlers.put("mark", (op, reply) -> {});
    handlers.put("exit", this::exit);
    handlers.put("teardown", this::teardown);
    handlers.put("work.run", this::runWork);
    handlers.put("kworker", this::runWork);
  }

  /** The monitor's end: its eventfds, and when it is asked again, everything else. */
  private void exit(Operation op, Reply reply) {
    if (!host.descriptors().closeEventfds()) {
      host.descriptors().closeRest();
    }
  }

  /** Closes what is left, in the recordings' order. */
  private void teardown(Operation op, Reply reply) {
    Descriptors descriptors = host.descriptors();
    descriptors.closeAll(name -> name.startsWith("kv:"));
    closers.forEach(Runnable::run);
    descriptors.closeAll(name -> true);
  }

  /** Runs the oldest work of a name, or what has a place in the queue, or all work. */
  private void runWork(Operation op, Reply reply) {
    if (op.has("index")) {
      int index = op.u32("index");
      if (index < 0 || index >= host.workQueue().queued().size()) {
        throw op.wrong("index", "a place in the queue, of " + host.workQueue().queued().size());
      }
      host.workQueue().run(index);
      return;
    }
    String wanted = op.textOrNull("work");
    if (wanted == null) {
      host.workQueue().runAll();
      return;
    }
    ImmutableList<Work> queued = host.workQueue().queued();
    for (int i = 0; i < queued.size(); i++) {
      if (queued.get(i).name().equals(wanted)) {
        host.workQueue().run(i);
        return;
      }
    }
  }
}
