package org.irqbypass.work;

import java.util.concurrent.Executor;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.jspecify.annotations.Nullable;

/**
 * A work queue on an executor. The threads are the executor's; this library starts none. Work that
 * is queued again while it runs waits for the run to end, so it is never in two threads at once.
 */
public final class ExecutorWorkQueue implements WorkQueue {
  private final Executor executor;
  private final Waiter waiter;

  /**
   * What this thread runs. Per queue, not static: two hosts in one JVM know nothing of each other.
   * A mutable box, so that setting it does not enter and leave the thread's map.
   */
  @SuppressWarnings("ThreadLocalUsage")
  private final ThreadLocal<@Nullable Work[]> current = ThreadLocal.withInitial(() -> new Work[1]);

  /**
   * Makes a queue.
   *
   * @param executor runs the work; should not run it in the calling thread, since work may take
   *     locks that the scheduling caller holds
   * @param waiter is used to wait for work to end
   */
  public ExecutorWorkQueue(Executor executor, Waiter waiter) {
    this.executor = executor;
    this.waiter = waiter;
  }

  /**
   * {@inheritDoc}
   *
   * <p>If the executor rejects it, what the executor throws is thrown, and the work is not queued.
   * Only when another thread was told meanwhile that it is, it stays so for that thread's sake: the
   * next {@code schedule} gives it to the executor again, and a {@link #flush} runs it.
   */
  @Override
  public boolean schedule(Work work) {
    int place = work.claim();
    if (place == Work.NO_PLACE) {
      return false;
    }
    try {
      executor.execute(() -> runOne(work));
    } catch (RuntimeException | Error rejected) {
      if (work.withdraw(place)) {
        throw rejected;
      } // else a flush has run it
    }
    return true;
  }

  private void runOne(Work work) {
    while (work.isQueued()) { // else a flush has run it
      if (work.tryStart()) {
        runStarted(work);
        return;
      }
      waiter.await(() -> !work.isRunning(), "the running " + work.name());
    }
  }

  private void runStarted(Work work) {
    @Nullable Work[] running = current.get();
    Work outer = running[0];
    running[0] = work;
    try {
      work.runStarted();
    } finally {
      running[0] = outer;
      waiter.changed();
    }
  }

  /**
   * {@inheritDoc}
   *
   * <p>Work that no thread has begun is run here and now: work may wait for other work, and an
   * executor whose threads all wait would begin none.
   */
  @Override
  public void flush(Work work) {
    if (!work.isBusy()) {
      return;
    }
    if (current.get()[0] == work) {
      throw new ErrnoException(Errno.EDEADLK, "work " + work.name() + " waits for itself");
    }
    while (work.isBusy()) {
      if (work.tryStart()) {
        runStarted(work);
      } else {
        waiter.await(() -> !work.isRunning(), "work " + work.name());
      }
    }
  }
}
