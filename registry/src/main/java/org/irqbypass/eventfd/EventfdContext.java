package org.irqbypass.eventfd;

import com.google.common.base.Preconditions;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Predicate;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.registry.BypassToken;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.work.SpinLock;
import org.jspecify.annotations.Nullable;

/**
 * A 64-bit counter with a wait queue ({@code struct eventfd_ctx}, {@code fs/eventfd.c}), and the
 * token by which VFIO's producer and KVM's consumer of one interrupt find each other. Who holds a
 * context may use it after the last file on it was closed.
 *
 * <p>Safe for use from many threads. One lock, the wait-queue lock, guards the counter and the
 * queue; waiters are called under it, on the signalling thread. It is held for no longer than the
 * waiters take. Lock order: the lock of whoever adds or removes a waiter, then the wait-queue lock,
 * then what a waiter takes: locks of interrupt controllers and vCPUs.
 */
public final class EventfdContext extends BypassToken {
  /** The counter's maximum, {@code ULLONG_MAX}, as an unsigned number. */
  public static final long MAXIMUM = -1L;

  private static final VarHandle COUNT;

  static {
    try {
      COUNT = MethodHandles.lookup().findVarHandle(EventfdContext.class, "count", long.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final Eventfds eventfds;
  private final boolean semaphore;
  private final boolean nonBlocking;
  private final int number;
  private final SpinLock lock = new SpinLock();

  /**
   * Unsigned. Written under the lock and with release: the unlock is the fence between it and what
   * is looked at afterwards. Read without the lock by conditions of blocked callers.
   */
  private volatile long count;

  private @Nullable EventfdWaiter first;

  /**
   * Makes an eventfd ({@code eventfd2()}).
   *
   * @param eventfds the host's eventfds
   * @param initial the count to start from, 0 to 2^32-1
   * @param flags how reads and writes behave
   */
  public EventfdContext(Eventfds eventfds, long initial, Set<EventfdFlag> flags) {
    Preconditions.checkArgument(initial >>> 32 == 0, "initial count %s is no u32", initial);
    EnumSet<EventfdFlag> copy = EnumSet.noneOf(EventfdFlag.class);
    copy.addAll(flags);
    this.eventfds = eventfds;
    this.semaphore = copy.contains(EventfdFlag.SEMAPHORE);
    this.nonBlocking = copy.contains(EventfdFlag.NONBLOCK);
    this.number = eventfds.nextNumber();
    this.count = initial;
  }

  /**
   * Adds 1, saturating, and wakes the waiters ({@code eventfd_signal()}). Never fails and never
   * sleeps; allocates nothing.
   *
   * @return false if the caller is itself inside an eventfd wake-up: the signal is refused and
   *     lost, as in Linux
   */
  public boolean signal() {
    boolean[] inWakeUp = eventfds.wakeUpOfThisThread();
    if (eventfds.trace.enabled()) {
      eventfds.trace.emit(new EventfdEvent.Signal(this, 1));
    }
    if (inWakeUp[0]) {
      eventfds.signalLost(this);
      return false;
    }
    lock.lock();
    try {
      if (count != MAXIMUM) {
        setCount(count + 1);
      }
      wakeLocked(Poll.IN, inWakeUp);
    } finally {
      lock.unlock();
    }
    eventfds.waiter.changed();
    return true;
  }

  /**
   * Adds to the counter and wakes the waiters ({@code eventfd_write()}).
   *
   * @param value unsigned
   * @throws ErrnoException {@code EINVAL} for 2^64-1; {@code EAGAIN} if the counter would reach
   *     2^64-1 and the eventfd does not block; {@code EINTR} if a blocking write was interrupted
   */
  public void write(long value) {
    if (value == MAXIMUM) {
      throw new ErrnoException(Errno.EINVAL, "an eventfd cannot be written 2^64-1");
    }
    boolean[] inWakeUp = eventfds.wakeUpOfThisThread();
    while (true) {
      lock.lock();
      try {
        if (fits(value)) {
          setCount(count + value);
          wakeLocked(Poll.IN, inWakeUp);
          break;
        }
      } finally {
        lock.unlock();
      }
      if (nonBlocking) {
        throw new ErrnoException(
            Errno.EAGAIN, Long.toUnsignedString(value) + " does not fit into " + this);
      }
      eventfds.waiter.awaitInterruptibly(() -> fits(value), "room in " + this);
    }
    eventfds.waiter.changed();
  }

  /**
   * Writes what a process hands in ({@code write(2)}).
   *
   * @param buffer exactly 8 bytes, native order
   * @throws ErrnoException {@code EINVAL} if the buffer is not 8 bytes; otherwise as {@link
   *     #write(long)}
   */
  public void write(ByteBuffer buffer) {
    if (buffer.remaining() != Long.BYTES) {
      throw new ErrnoException(
          Errno.EINVAL, "an eventfd is written 8 bytes, not " + buffer.remaining());
    }
    write(buffer.duplicate().order(ByteOrder.nativeOrder()).getLong());
  }

  private boolean fits(long value) {
    return Long.compareUnsigned(MAXIMUM - count, value) > 0;
  }

  /**
   * Takes the count, or 1 of a semaphore ({@code eventfd_read()}).
   *
   * @return what was taken, unsigned, never 0
   * @throws ErrnoException {@code EAGAIN} if the count is 0 and the eventfd does not block; {@code
   *     EINTR} if a blocking read was interrupted
   */
  public long read() {
    boolean[] inWakeUp = eventfds.wakeUpOfThisThread();
    while (true) {
      long taken;
      lock.lock();
      try {
        taken = drainLocked();
        if (taken != 0) {
          wakeLocked(Poll.OUT, inWakeUp);
        }
      } finally {
        lock.unlock();
      }
      if (taken != 0) {
        eventfds.waiter.changed();
        return taken;
      }
      if (nonBlocking) {
        throw new ErrnoException(Errno.EAGAIN, "the count of " + this + " is 0");
      }
      eventfds.waiter.awaitInterruptibly(() -> count != 0, "a count in " + this);
    }
  }

  /**
   * Reads into what a process hands in ({@code read(2)}).
   *
   * @param buffer 8 bytes or more; receives 8 bytes in native order
   * @throws ErrnoException {@code EINVAL} if the buffer is shorter than 8 bytes; otherwise as
   *     {@link #read()}
   */
  public void read(ByteBuffer buffer) {
    if (buffer.remaining() < Long.BYTES) {
      throw new ErrnoException(
          Errno.EINVAL, "an eventfd is read 8 bytes, not " + buffer.remaining());
    }
    long taken = read();
    ByteOrder order = buffer.order();
    buffer.order(ByteOrder.nativeOrder()).putLong(taken).order(order);
  }

  /**
   * What a poll would report ({@code eventfd_poll()}). Under the wait-queue lock: a signal that
   * does not find what the caller wrote before is found by the caller.
   *
   * @return {@link Poll} bits
   */
  public int poll() {
    lock.lock();
    try {
      return pollLocked();
    } finally {
      lock.unlock();
    }
  }

  private int pollLocked() {
    long now = count;
    int events = 0;
    if (now != 0) {
      events |= Poll.IN;
    }
    if (now == MAXIMUM) {
      events |= Poll.ERR;
    }
    if (Long.compareUnsigned(now, MAXIMUM - 1) < 0) {
      events |= Poll.OUT;
    }
    return events;
  }

  /**
   * Adds a waiter and polls, in one step under the wait-queue lock ({@code vfs_poll()} with a queue
   * function that adds the entry).
   *
   * @param waiter on no queue
   * @param kind how it is woken
   * @return what a poll reports at the moment of adding, {@link Poll} bits
   */
  public int addWaiter(EventfdWaiter waiter, EventfdWaiter.Kind kind) {
    lock.lock();
    try {
      return addLocked(waiter, kind);
    } finally {
      lock.unlock();
    }
  }

  private int addLocked(EventfdWaiter waiter, EventfdWaiter.Kind kind) {
    Preconditions.checkState(waiter.queuedOn == null, "%s waits on an eventfd already", waiter);
    waiter.queuedOn = this;
    waiter.kind = kind;
    link(waiter);
    return pollLocked();
  }

  /**
   * Puts an entry behind the priority entries ({@code __add_wait_queue()}): those are woken in the
   * order of their coming, and shared ones after them, the latest comer first.
   */
  private void link(EventfdWaiter waiter) {
    EventfdWaiter after = null;
    for (EventfdWaiter w = first;
        w != null && w.kind == EventfdWaiter.Kind.PRIORITY_EXCLUSIVE;
        w = w.next) {
      after = w;
    }
    EventfdWaiter before = after == null ? first : after.next;
    waiter.previous = after;
    waiter.next = before;
    if (after == null) {
      first = waiter;
    } else {
      after.next = waiter;
    }
    if (before != null) {
      before.previous = waiter;
    }
  }

  /**
   * Whether a priority waiter stands in the queue: an irqfd, of whichever VM.
   *
   * @return true where {@code add_wait_queue_priority_exclusive()} would refuse
   */
  public boolean hasPriorityWaiter() {
    lock.lock();
    try {
      return isPriorityWaiterFirst();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Looks for a priority waiter: for an irqfd, of whichever VM.
   *
   * @param wanted is asked about each under the wait-queue lock; must not block
   * @return the first that is wanted; null if none is
   */
  public @Nullable EventfdWaiter priorityWaiter(Predicate<? super EventfdWaiter> wanted) {
    lock.lock();
    try {
      EventfdWaiter waiter = first;
      while (waiter != null && waiter.kind == EventfdWaiter.Kind.PRIORITY_EXCLUSIVE) {
        if (wanted.test(waiter)) {
          return waiter;
        }
        waiter = waiter.next;
      }
      return null;
    } finally {
      lock.unlock();
    }
  }

  private boolean isPriorityWaiterFirst() {
    return first != null && first.kind == EventfdWaiter.Kind.PRIORITY_EXCLUSIVE;
  }

  /**
   * Adds a priority waiter unless another one is there ({@code
   * add_wait_queue_priority_exclusive()}, since Linux 6.17).
   *
   * @param waiter on no queue
   * @return what a poll reports, {@link Poll} bits; or -1 if another priority waiter is there, and
   *     nothing was added
   */
  public int addOnlyPriorityWaiter(EventfdWaiter waiter) {
    lock.lock();
    try {
      return isPriorityWaiterFirst()
          ? -1
          : addLocked(waiter, EventfdWaiter.Kind.PRIORITY_EXCLUSIVE);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Removes a waiter and takes the whole count, in one step ({@code
   * eventfd_ctx_remove_wait_queue()}).
   *
   * @param waiter perhaps on this queue
   * @return the count that was taken, unsigned
   */
  public long removeWaiter(EventfdWaiter waiter) {
    long taken;
    lock.lock();
    try {
      taken = drainLocked();
      removeLocked(waiter);
      if (taken != 0) {
        wakeLocked(Poll.OUT, eventfds.wakeUpOfThisThread());
      }
    } finally {
      lock.unlock();
    }
    eventfds.waiter.changed();
    return taken;
  }

  /**
   * Removes a waiter and leaves the count to others ({@code remove_wait_queue()}). Does nothing if
   * it is not on this queue.
   *
   * @param waiter perhaps on this queue
   */
  public void withdrawWaiter(EventfdWaiter waiter) {
    lock.lock();
    try {
      removeLocked(waiter);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Removes a waiter from inside a wake-up of this eventfd ({@code __remove_wait_queue()}). Does
   * nothing if it is not on this queue.
   *
   * @param waiter perhaps on this queue
   */
  public void removeLocked(EventfdWaiter waiter) {
    checkLocked();
    if (waiter.queuedOn != this) {
      return;
    }
    EventfdWaiter before = waiter.previous;
    EventfdWaiter after = waiter.next;
    if (before == null) {
      first = after;
    } else {
      before.next = after;
    }
    if (after != null) {
      after.previous = before;
    }
    waiter.previous = null;
    waiter.next = null;
    waiter.queuedOn = null;
  }

  /**
   * Takes the count, or 1 of a semaphore, from inside a wake-up of this eventfd ({@code
   * eventfd_ctx_do_read()}). Wakes nobody.
   *
   * @return what was taken, unsigned; 0 if there was nothing
   */
  public long drainLocked() {
    checkLocked();
    long taken = semaphore && count != 0 ? 1 : count;
    if (taken != 0) {
      setCount(count - taken);
    }
    return taken;
  }

  private void checkLocked() {
    Preconditions.checkState(
        lock.isHeldByCurrentThread(), "the wait-queue lock of %s is not held", this);
  }

  /** The last file on this context was closed ({@code eventfd_release()}). */
  void hangUp() {
    lock.lock();
    try {
      wakeLocked(Poll.HUP, eventfds.wakeUpOfThisThread());
    } finally {
      lock.unlock();
    }
  }

  /** Only called under the lock. */
  private void setCount(long newCount) {
    COUNT.setRelease(this, newCount);
  }

  private void wakeLocked(int events, boolean[] inWakeUp) {
    if (first == null) {
      return;
    }
    boolean outer = inWakeUp[0];
    inWakeUp[0] = true;
    try {
      EventfdWaiter waiter = first;
      while (waiter != null) {
        EventfdWaiter following = waiter.next; // the waiter may remove itself
        boolean exclusive = waiter.kind == EventfdWaiter.Kind.PRIORITY_EXCLUSIVE;
        if (waiter.wake(this, events) && exclusive) {
          break;
        }
        waiter = following;
      }
    } finally {
      inWakeUp[0] = outer;
    }
  }

  /**
   * The count at this moment.
   *
   * @return unsigned
   */
  public long count() {
    return count;
  }

  /**
   * The how manieth eventfd of its host this is.
   *
   * @return 1 or more
   */
  public int number() {
    return number;
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    super.writeTo(sink);
    lock.lock();
    try {
      sink.put(count);
      for (EventfdWaiter waiter = first; waiter != null; waiter = waiter.next) {
        sink.putReference(waiter);
      }
      sink.putReference(null); // the queue's end
    } finally {
      lock.unlock();
    }
  }

  @Override
  public String toString() {
    return "eventfd " + number;
  }
}
