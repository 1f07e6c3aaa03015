package org.irqbypass.concurrency.work;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.irqbypass.concurrency.SpinningWaits;
import org.irqbypass.work.ExecutorWorkQueue;

/** A work queue on an executor whose threads are the suite's. */
class Executed {
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  final ExecutorWorkQueue queue = new ExecutorWorkQueue(tasks::add, new SpinningWaits());

  final void runNext() {
    Runnable task = tasks.poll();
    if (task != null) {
      task.run();
    }
  }

  final void runAll() {
    while (!tasks.isEmpty()) {
      runNext();
    }
  }
}
