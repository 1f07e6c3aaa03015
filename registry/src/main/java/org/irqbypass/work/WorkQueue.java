package org.irqbypass.work;

/** Runs deferred work ({@code kernel/workqueue.c}). Implementations are safe for many threads. */
public interface WorkQueue {
  /**
   * Queues work ({@code queue_work()}). Never blocks.
   *
   * @param work what to run later
   * @return false if it was queued already, and is run once
   */
  boolean schedule(Work work);

  /**
   * Returns when the work, if it was queued or running, has run ({@code flush_work()}).
   *
   * @param work what to wait for
   * @throws org.irqbypass.errno.ErrnoException {@code EDEADLK} when called from the work itself
   */
  void flush(Work work);
}
