package org.irqbypass.work;

import java.util.concurrent.locks.AbstractQueuedSynchronizer;

/**
 * A lock that is held for a few steps, by whoever may not sleep ({@code spinlock_t}). What waits
 * through a {@link Waiter} takes a {@link Mutex} instead. Unlike Linux's, a thread that holds it
 * may take it again.
 *
 * <p>It differs from {@link java.util.concurrent.locks.ReentrantLock} in that it is one object, not
 * two, and knows its owner by number: a reference that is written into an old object costs a fence
 * under the garbage collector that most JVMs run (G1), at each lock.
 *
 * <p>Taking and releasing publish, as a volatile read and write do, what the owner wrote.
 */
@SuppressWarnings("serial") // what it extends can be written to a stream; nobody does
public final class SpinLock extends AbstractQueuedSynchronizer {
  /** The number of the owner's thread, or 0. Written by the owner alone, under the lock. */
  private long owner;

  /** Makes a lock that nobody holds. */
  public SpinLock() {}

  /** Takes the lock, once more if the calling thread holds it ({@code spin_lock()}). */
  public void lock() {
    if (compareAndSetState(0, 1)) {
      owner = Thread.currentThread().getId();
    } else {
      acquire(1);
    }
  }

  /** Releases the lock as often as it was taken ({@code spin_unlock()}). */
  public void unlock() {
    release(1);
  }

  /**
   * Whether the calling thread holds the lock ({@code lockdep_is_held()}).
   *
   * @return true between its lock and unlock
   */
  public boolean isHeldByCurrentThread() {
    return isHeldExclusively();
  }

  @Override
  protected boolean tryAcquire(int times) {
    if (getState() == 0) {
      if (!compareAndSetState(0, times)) {
        return false;
      }
      owner = Thread.currentThread().getId();
      return true;
    }
    if (!isHeldExclusively()) {
      return false;
    }
    setState(getState() + times);
    return true;
  }

  @Override
  protected boolean tryRelease(int times) {
    if (!isHeldExclusively()) {
      throw new IllegalMonitorStateException("released by a thread that does not hold it");
    }
    int left = getState() - times;
    if (left == 0) {
      owner = 0;
    }
    setState(left);
    return left == 0;
  }

  /** A racing read finds this thread's number only if this thread wrote it. */
  @Override
  protected boolean isHeldExclusively() {
    return owner == Thread.currentThread().getId();
  }
}
