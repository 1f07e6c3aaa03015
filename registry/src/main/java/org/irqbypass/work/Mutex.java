package org.irqbypass.work;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.jspecify.annotations.Nullable;

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
      OWNER = MethodHandles.lookup().findVarHandle(Mutex.class, "owner", Thread.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final Waiter waiter;
  private final String name;

  /** Acquired and released through {@link #OWNER}. */
  private volatile @Nullable Thread owner;

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
      waiter.await(() -> owner == null, name);
    }
  }

  private boolean tryLock() {
    return owner == null && OWNER.compareAndSet(this, null, Thread.currentThread());
  }

  /** Releases the lock ({@code mutex_unlock()}). */
  public void unlock() {
    OWNER.setVolatile(this, null);
    waiter.changed();
  }

  /**
   * Whether the calling thread holds the lock.
   *
   * @return true between its lock and unlock
   */
  public boolean isHeldByCurrentThread() {
    return owner == Thread.currentThread();
  }

  @Override
  public String toString() {
    return name;
  }
}
