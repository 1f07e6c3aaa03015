package org.irqbypass.work;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;

/** A waiter for real threads: parks on one monitor per host. Safe for use from many threads. */
public final class ThreadWaiter implements Waiter {
  private final Object monitor = new Object();

  /**
   * Pairs with the state a condition reads, as in Dekker's algorithm: the sleeper counts itself and
   * then looks at the state, the other side changes the state and then looks at the count. Both are
   * sequentially consistent, so one of them sees the other.
   */
  private final AtomicInteger sleepers = new AtomicInteger();

  /** Makes a waiter with nobody waiting. */
  public ThreadWaiter() {}

  @Override
  public void await(BooleanSupplier condition, String reason) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          sleepUntil(condition);
          return;
        } catch (InterruptedException meanwhile) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public void awaitInterruptibly(BooleanSupplier condition, String reason) {
    try {
      sleepUntil(condition);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new ErrnoException(Errno.EINTR, "interrupted while waiting for " + reason);
    }
  }

  private void sleepUntil(BooleanSupplier condition) throws InterruptedException {
    if (condition.getAsBoolean()) {
      return;
    }
    sleepers.incrementAndGet();
    try {
      synchronized (monitor) {
        while (!condition.getAsBoolean()) {
          monitor.wait();
        }
      }
    } finally {
      sleepers.decrementAndGet();
    }
  }

  @Override
  public void changed() {
    if (sleepers.get() != 0) {
      synchronized (monitor) {
        monitor.notifyAll();
      }
    }
  }
}
