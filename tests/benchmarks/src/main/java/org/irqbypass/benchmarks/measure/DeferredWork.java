package org.irqbypass.benchmarks.measure;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;

/**
 * The thread of a host that runs deferred work, as far as callers feel it: they hand work over, and
 * whoever flushes it before its turn runs it. It turns to it when a benchmark says so.
 */
final class DeferredWork implements Executor {
  private final Queue<Runnable> queue = new ConcurrentLinkedQueue<>();

  @Override
  public void execute(Runnable work) {
    queue.add(work);
  }

  /** Runs everything. */
  void run() {
    Runnable work = queue.poll();
    while (work != null) {
      work.run();
      work = queue.poll();
    }
  }
}
