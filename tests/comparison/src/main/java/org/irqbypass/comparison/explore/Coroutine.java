package org.irqbypass.comparison.explore;

import com.google.common.base.Throwables;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Something that stops in its middle, and goes on when it is told to. It has a thread of its own,
 * since locks know their owner by its thread; but that runs only while the one that tells it to
 * waits, so there is nothing that two do at once.
 */
final class Coroutine {
  /** Threads serve one coroutine after the other, and end soon when there is none. */
  private static final ExecutorService THREADS =
      new ThreadPoolExecutor(
          0,
          Integer.MAX_VALUE,
          1,
          TimeUnit.SECONDS,
          new SynchronousQueue<>(),
          work -> {
            Thread thread = new Thread(work, "explored");
            thread.setDaemon(true);
            return thread;
          });

  private final Runnable body;
  private final Semaphore turn = new Semaphore(0);
  private final Semaphore back = new Semaphore(0);
  private boolean begun;
  private boolean over;
  private @Nullable Throwable thrown;

  /**
   * Makes one that has not begun.
   *
   * @param body what it does
   */
  Coroutine(Runnable body) {
    this.body = body;
  }

  /**
   * Goes on until it stops or is over.
   *
   * @return whether it is over
   */
  boolean goOn() {
    if (begun) {
      turn.release();
    } else {
      begun = true;
      THREADS.execute(this::run);
    }
    back.acquireUninterruptibly();
    if (thrown != null) {
      Throwables.throwIfUnchecked(thrown);
      throw new IllegalStateException(thrown);
    }
    return over;
  }

  private void run() {
    try {
      body.run();
    } catch (Throwable any) { // is thrown where it was told to go on
      thrown = any;
    } finally {
      over = true;
      back.release();
    }
  }

  /** Called by its own body: stops, until it is told to go on. */
  void stop() {
    back.release();
    turn.acquireUninterruptibly();
  }
}
