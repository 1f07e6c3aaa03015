package org.irqbypass.work;

import java.util.function.BooleanSupplier;

/**
 * How a caller blocks: a blocking eventfd read, waiting for a handler in flight, flushing work, a
 * registry token that another thread holds. Under real threads it parks; under a deterministic run
 * whoever schedules the actors decides what happens meanwhile.
 */
public interface Waiter {
  /**
   * Returns once the condition holds.
   *
   * @param condition reads only volatile state or state of its own lock; is evaluated again after
   *     each {@link #changed()}
   * @param reason what is waited for, for a person to read
   * @throws org.irqbypass.errno.ErrnoException {@code EDEADLK} when nothing can make the condition
   *     true any more
   */
  void await(BooleanSupplier condition, String reason);

  /**
   * As {@link #await}, but interrupting the waiting thread ends the wait ({@code
   * TASK_INTERRUPTIBLE}): for what a signal interrupts in Linux, an eventfd's read and write. A
   * teardown that waits for a handler or a lock is not of that kind: it could not be left half
   * done.
   *
   * @param condition as {@link #await}
   * @param reason as {@link #await}
   * @throws org.irqbypass.errno.ErrnoException {@code EINTR} when the waiting thread is
   *     interrupted, which stays marked as interrupted; {@code EDEADLK} as {@link #await}
   */
  default void awaitInterruptibly(BooleanSupplier condition, String reason) {
    await(condition, reason);
  }

  /**
   * Linux may let others run here ({@code might_sleep()}): the caller holds nothing that deferred
   * work needs, and is about to take a mutex. Real threads need not be told. A deterministic run
   * may run deferred work here, as a kernel on one processor does.
   *
   * @throws org.irqbypass.errno.ErrnoException {@code ELOOP}: the work queues itself without end
   */
  default void mightSleep() {}

  /**
   * Linux has let others run here ({@code schedule()}): the caller holds nothing that deferred work
   * needs, and has just done what waits for memory or takes long. Else as {@link #mightSleep}.
   *
   * @throws org.irqbypass.errno.ErrnoException {@code ELOOP}: the work queues itself without end
   */
  default void schedule() {}

  /**
   * A lock region begins: the caller is about to take a lock that others may hold, and may itself
   * hold some that are taken through a waiter, but none that is spun on. Real threads need not be
   * told. A deterministic run may let others go on here. Must not throw: locks are also taken by
   * who gives something back.
   *
   * @param lock says which, for a person to read
   */
  default void beforeLock(Object lock) {}

  /**
   * Something that a condition reads may have changed. The change must have been made by a volatile
   * write or a compare-and-set before this call. Costs one volatile read when nobody waits. Must
   * not throw.
   */
  void changed();
}
