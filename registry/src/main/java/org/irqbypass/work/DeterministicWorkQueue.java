package org.irqbypass.work;

import com.google.common.base.Preconditions;
import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.jspecify.annotations.Nullable;

/**
 * A work queue whose items run only when they are told to, on the thread that tells them: the one
 * of tests, recordings and the explorer. Items may be run in any order.
 *
 * <p>Scheduling is safe from many threads; running is for one thread at a time.
 */
public final class DeterministicWorkQueue implements WorkQueue, Fingerprinted {
  private static final int DEFAULT_LIMIT = 1 << 16;

  private final List<Work> queued = new ArrayList<>();
  private final int limit;
  private @Nullable WorkObserver observer;
  private boolean elsewhere;
  private @Nullable Waiter waiter;

  /** Makes an empty queue. */
  public DeterministicWorkQueue() {
    this(DEFAULT_LIMIT);
  }

  /**
   * Makes an empty queue.
   *
   * @param limit how many items one {@link #runAll()}, or one wait, runs beyond those that were
   *     queued when it began, before it says that the work never ends; above 0
   */
  public DeterministicWorkQueue(int limit) {
    Preconditions.checkArgument(limit > 0, "a limit of %s runs nothing", limit);
    this.limit = limit;
  }

  /**
   * Tells somebody of each run. Only the last one asked for is told.
   *
   * @param told on the thread that runs the items
   */
  public void observe(WorkObserver told) {
    observer = told;
  }

  /**
   * From now on the work belongs to other processors: it runs when it is told to, or waited for,
   * and no longer wherever a caller might sleep.
   */
  public void runElsewhere() {
    elsewhere = true;
  }

  /**
   * From now on items may stop in their middle, and a {@link #flush} of one that has begun waits
   * until it has ended.
   *
   * @param others lets others go on meanwhile
   */
  public void awaitBy(Waiter others) {
    waiter = others;
  }

  /** A caller sleeps, or might: on one processor all work runs. */
  void mightSleep() {
    if (!elsewhere) {
      runAll();
    }
  }

  private void execute(Work work) {
    WorkObserver told = observer;
    if (told == null) {
      work.run();
      return;
    }
    told.begins(work);
    try {
      work.run();
    } finally {
      told.ends(work);
    }
  }

  @Override
  public boolean schedule(Work work) {
    if (work.claim() == Work.NO_PLACE) {
      return false;
    }
    synchronized (queued) {
      queued.add(work);
    }
    return true;
  }

  @Override
  public void flush(Work work) {
    while (work.isRunning()) {
      if (waiter == null) { // it is somewhere below on this thread's stack
        throw new ErrnoException(Errno.EDEADLK, "work " + work.name() + " waits for itself");
      }
      waiter.await(() -> !work.isRunning(), "work " + work.name());
    }
    boolean wasQueued;
    synchronized (queued) {
      wasQueued = queued.remove(work);
    }
    if (wasQueued) {
      execute(work);
    }
  }

  /**
   * What is queued, oldest first.
   *
   * @return a copy
   */
  public ImmutableList<Work> queued() {
    synchronized (queued) {
      return ImmutableList.copyOf(queued);
    }
  }

  /**
   * Runs the oldest item that is not running: an item that waits may have been queued again, and
   * must not be run inside itself.
   *
   * @return false if there was none
   */
  public boolean runNext() {
    Work oldest = null;
    synchronized (queued) {
      for (int i = 0; i < queued.size() && oldest == null; i++) {
        if (!queued.get(i).isRunning()) {
          oldest = queued.remove(i);
        }
      }
    }
    if (oldest == null) {
      return false;
    }
    execute(oldest);
    return true;
  }

  /**
   * Runs one item.
   *
   * @param index its place among those queued, 0 for the oldest; not an item that is running
   */
  public void run(int index) {
    Work work;
    synchronized (queued) {
      Preconditions.checkElementIndex(index, queued.size());
      work = queued.get(index);
      Preconditions.checkState(!work.isRunning(), "%s cannot run inside itself", work);
      queued.remove(index);
    }
    execute(work);
  }

  /**
   * Runs items, oldest first, until none is left, those they queue included.
   *
   * @throws ErrnoException {@code ELOOP}: items queue each other without end, as two asserted
   *     interrupts do that unmask each other; what is queued then stays queued
   */
  public void runAll() {
    long left = allowance();
    while (runNext()) {
      left--;
      if (left <= 0) {
        refuseToGoOn();
      }
    }
  }

  /** How many items may be run from now on before their work counts as endless. */
  long allowance() {
    synchronized (queued) {
      return (long) limit + queued.size();
    }
  }

  /**
   * Called with an allowance used up: an error if something is still to be run.
   *
   * @throws ErrnoException {@code ELOOP}
   */
  void refuseToGoOn() {
    ImmutableList<Work> next = queued();
    if (!next.isEmpty()) {
      throw new ErrnoException(
          Errno.ELOOP, "deferred work queues itself without end, " + next + " next");
    }
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    ImmutableList<Work> items = queued();
    sink.put(items.size());
    for (Work work : items) {
      sink.putReference(work);
    }
  }
}
