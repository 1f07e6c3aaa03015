package org.irqbypass.concurrency.lincheck;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.irqbypass.concurrency.X86Host;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.host.PostedPlatform;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.work.ExecutorWorkQueue;
import org.irqbypass.work.ThreadWaiter;

/** A host that posts, for callers that are threads; the guest's thread runs deferred work. */
final class ThreadedHost {
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  final X86Host host;

  ThreadedHost(ConnectPolicy policy) {
    ThreadWaiter waiter = new ThreadWaiter();
    host =
        new X86Host(
            new PostedPlatform("x86-posted"),
            policy,
            new ExecutorWorkQueue(tasks::add, waiter),
            waiter,
            this::runDeferred);
  }

  private void runDeferred() {
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
    }
  }

  /** What a call returned, as one word. */
  static String told(Runnable call) {
    try {
      call.run();
      return "ok";
    } catch (ErrnoException refused) {
      return refused.errno().toString();
    }
  }
}
