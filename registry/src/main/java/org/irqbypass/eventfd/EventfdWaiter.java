package org.irqbypass.eventfd;

import org.jspecify.annotations.Nullable;

/**
 * An entry of an eventfd's wait queue ({@code struct wait_queue_entry}), to be called when the
 * eventfd wakes. It is on at most one queue at a time. Entries link to each other, so that adding,
 * removing and waking allocate nothing.
 */
public abstract class EventfdWaiter {
  /** How an entry is woken ({@code WQ_FLAG_*}). */
  public enum Kind {
    /** Called after priority entries, the latest comer first ({@code add_wait_queue()}). */
    SHARED,
    /** Called first; a wake-up that it takes reaches nobody else ({@code WQ_FLAG_PRIORITY}). */
    PRIORITY_EXCLUSIVE
  }

  // All guarded by the lock of the context that the entry is queued on.
  @Nullable EventfdContext queuedOn;
  @Nullable EventfdWaiter previous;
  @Nullable EventfdWaiter next;
  Kind kind = Kind.SHARED;

  /** Makes an entry that is on no queue. */
  protected EventfdWaiter() {}

  /**
   * The eventfd woke ({@code wait_queue_func_t}). Called with the eventfd's wait-queue lock held,
   * on the thread that signalled: must not block, must not signal any eventfd (that signal would be
   * refused and lost), and may call {@link EventfdContext#drainLocked()} and {@link
   * EventfdContext#removeLocked} on this eventfd.
   *
   * @param eventfd what woke
   * @param events {@link Poll} bits
   * @return true if the wake-up was taken
   */
  protected abstract boolean wake(EventfdContext eventfd, int events);
}
