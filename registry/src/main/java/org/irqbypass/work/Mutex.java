package org.irqbypass.work;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;

/**
 * A lock whose callers block through a {@link Waiter} ({@code struct mutex}), so that whoever
 * schedules the actors decides what happens meanwhile. Not reentrant: a thread that would wait for
 * itself is told so.
 *
 * <p>Taking and releasing publish, as a volatile read and write do, what the owner wrote.
 */
public final class Mutex {
  private static final VarHandle OWNER;

  static {
    try {
      OWNER = MethodHandles.lookup().findVarHandle(Mutex.class, "owner", long.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final Waiter waiter;
  private final String name;

  /**
   * The number of the thread that holds the lock; no thread's is 0. Acquired and released through
   * {@link #OWNER}. A reference would cost a collector's write barrier each time, which is a fence.
   */
  private volatile long owner;

  /**
   * Makes a lock that nobody holds.
   *
   * @param waiter is used by callers that have to wait
   * @param name what is locked, for a person to read
   */
  public Mutex(Waiter waiter, String name) {
    this.waiter = waiter;
    this.name = name;
  }

  /**
   * Takes the lock, waiting for its owner ({@code mutex_lock()}).
   *
   * @throws ErrnoException {@code EDEADLK} if the calling thread holds it
   */
  public void lock() {
    if (isHeldByCurrentThread()) {
      throw new ErrnoException(Errno.EDEADLK, name + " is held by the thread that asks for it");
    }
    waiter.beforeLock(this);
    while (!tryLock()) {
      waiter.await(() -> owner == 0, name);
    }
  }

  private boolean tryLock() {
    return owner == 0 && OWNER.compareAndSet(this, 0L, Thread.currentThread().getId());
  }

  /** Releases the lock ({@code mutex_unlock()}). */
  public void unlock() {
    OWNER.setVolatile(this, 0L);
    waiter.changed();
  }

  /**
   * Whether the calling thread holds the lock.
   *
   * @return true between its lock and unlock
   */
  public boolean isHeldByCurrentThread() {
    return owner == Thread.currentThread().getId();
  }

  @Override
  public String toString() {
    return name;
  }
}
