package org.irqbypass.soak;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Drives sites with threads: each thread lets its sites interrupt in turn, and has another beside
 * it that changes their configuration. No site gets ahead of its changes by more than two batches,
 * so there is a change for each batch.
 */
final class Load {
  /** How many interrupts there are at most to a change, but for the last round of a batch. */
  static final int BATCH = 900;

  private static final int AHEAD = 2;

  private final List<Site> sites;
  private final int threads;
  private final HeapWatch heap;
  private final AtomicLong left;
  private final AtomicLong done = new AtomicLong();
  private final long interrupts;
  private final long deadline;
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

  Load(List<Site> sites, int threads, long interrupts, long seconds, HeapWatch heap) {
    this.sites = sites;
    this.threads = threads;
    this.heap = heap;
    this.interrupts = interrupts;
    this.left = new AtomicLong(interrupts);
    this.deadline =
        seconds == 0 ? Long.MAX_VALUE : System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
  }

  /** Runs it; returns how many nanoseconds it took. */
  long run() throws InterruptedException {
    long started = System.nanoTime();
    List<Thread> running = new ArrayList<>();
    for (int thread = 0; thread < threads; thread++) {
      List<Site> own = new ArrayList<>();
      for (int site = thread; site < sites.size(); site += threads) {
        own.add(sites.get(site));
      }
      Lane lane = new Lane(own);
      running.add(new Thread(() -> guarded(lane::interrupt), "devices and guests " + thread));
      running.add(new Thread(() -> guarded(lane::reconfigure), "VMM " + thread));
    }
    running.forEach(Thread::start);
    while (running.stream().anyMatch(Thread::isAlive)) {
      for (Thread thread : running) {
        thread.join(100);
      }
      heap.look(Math.min(1, (double) done.get() / interrupts));
    }
    Throwable thrown = failure.get();
    if (thrown != null) {
      throw new IllegalStateException("a thread of the load failed", thrown);
    }
    long nanos = System.nanoTime() - started;
    sites.forEach(Site::finish);
    return nanos;
  }

  private void guarded(Interruptible task) {
    try {
      task.run();
    } catch (Throwable thrown) {
      failure.compareAndSet(null, thrown);
      left.set(0);
    }
  }

  @FunctionalInterface
  private interface Interruptible {
    void run() throws InterruptedException;
  }

  private boolean isOver() {
    return left.get() <= 0 || System.nanoTime() > deadline || failure.get() != null;
  }

  /** Two threads and the sites between them. */
  private final class Lane {
    private final List<Site> own;
    private final BlockingQueue<Site> due = new LinkedBlockingQueue<>();
    private final Semaphore ahead;
    private volatile boolean over;

    Lane(List<Site> own) {
      this.own = own;
      this.ahead = new Semaphore(AHEAD);
    }

    void interrupt() throws InterruptedException {
      try {
        while (!isOver()) {
          for (Site site : own) {
            while (!ahead.tryAcquire(100, TimeUnit.MILLISECONDS)) {
              if (failure.get() != null) {
                return;
              }
            }
            due.add(site);
            long raised = site.interrupt(BATCH);
            left.addAndGet(-raised);
            done.addAndGet(raised);
          }
        }
      } finally {
        over = true;
      }
    }

    void reconfigure() throws InterruptedException {
      while (!over || !due.isEmpty()) {
        Site site = due.poll(10, TimeUnit.MILLISECONDS);
        if (site != null) {
          site.reconfigure();
          ahead.release();
        }
      }
    }
  }
}
