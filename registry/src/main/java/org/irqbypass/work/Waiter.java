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
   * @throws org.irqbypass.errno.ErrnoException {@code EINTR} when the waiting thread is
   *     interrupted; {@code EDEADLK} when nothing can make the condition true any more
   */
  void await(BooleanSupplier condition, String reason);

  /**
   * Something that a condition reads may have changed. The change must have been made by a volatile
   * write or a compare-and-set before this call. Costs one volatile read when nobody waits.
   */
  void changed();
}
