package org.irqbypass.eventfd;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.trace.Fingerprint;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.work.CooperativeWaiter;
import org.irqbypass.work.DeterministicWorkQueue;
import org.irqbypass.work.Meanwhile;
import org.irqbypass.work.ThreadWaiter;
import org.irqbypass.work.Waiter;
import org.irqbypass.work.Work;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Reads and writes that sleep, with both waiters. */
@Timeout(60)
final class EventfdBlockingTest {
  private final DeterministicWorkQueue queue = new DeterministicWorkQueue();

  private EventfdContext cooperative(long count) {
    Eventfds eventfds = new Eventfds(new CooperativeWaiter(queue), Tracepoints.untimed());
    return new EventfdContext(eventfds, count, EnumSet.noneOf(EventfdFlag.class));
  }

  /** Tells when a caller has looked at its condition in vain, and then parks it. */
  private static final class AnnouncingWaiter implements Waiter {
    final ThreadWaiter waiter = new ThreadWaiter();
    final CountDownLatch waiting = new CountDownLatch(2);

    @Override
    public void await(BooleanSupplier condition, String reason) {
      throw new AssertionError("an eventfd's wait is interruptible");
    }

    @Override
    public void awaitInterruptibly(BooleanSupplier condition, String reason) {
      waiter.awaitInterruptibly(
          () -> {
            boolean holds = condition.getAsBoolean();
            waiting.countDown();
            return holds;
          },
          reason);
    }

    @Override
    public void changed() {
      waiter.changed();
    }
  }

  private final AnnouncingWaiter announcing = new AnnouncingWaiter();

  private EventfdContext threaded() {
    return new EventfdContext(
        new Eventfds(announcing, Tracepoints.untimed()), 0, EnumSet.noneOf(EventfdFlag.class));
  }

  @Test
  void aBlockedReaderRunsTheWorkThatSignals() {
    EventfdContext eventfd = cooperative(0);
    queue.schedule(new Work("signal", eventfd::signal));

    assertThat(eventfd.read()).isEqualTo(1);
  }

  @Test
  void aReaderThatNothingCanWakeIsTold() {
    ErrnoException thrown = assertThrows(ErrnoException.class, cooperative(0)::read);

    assertThat(thrown.errno()).isEqualTo(Errno.EDEADLK);
  }

  @Test
  void aBlockedWriterRunsTheWorkThatReads() {
    EventfdContext eventfd = cooperative(1);
    queue.schedule(new Work("read", eventfd::read));
    eventfd.write(-2L);

    assertThat(eventfd.count()).isEqualTo(-2L);
  }

  @Test
  void aBlockedReaderIsWokenByASignal() throws Exception {
    EventfdContext eventfd = threaded();
    FutureTask<Long> reader = new FutureTask<>(eventfd::read);
    new Thread(reader).start();
    announcing.waiting.await();
    eventfd.signal();

    assertThat(reader.get(30, TimeUnit.SECONDS)).isEqualTo(1);
  }

  @Test
  void aBlockedWriterIsWokenByARead() throws Exception {
    EventfdContext eventfd = threaded();
    eventfd.write(-2L);
    FutureTask<Long> writer =
        new FutureTask<>(
            () -> {
              eventfd.write(7);
              return eventfd.count();
            });
    new Thread(writer).start();
    announcing.waiting.await();

    assertThat(eventfd.read()).isEqualTo(-2L);
    assertThat(writer.get(30, TimeUnit.SECONDS)).isEqualTo(7);
  }

  @Test
  void aBlockedReaderIsInterrupted() throws Exception {
    EventfdContext eventfd = threaded();
    FutureTask<Errno> reader =
        new FutureTask<>(() -> assertThrows(ErrnoException.class, eventfd::read).errno());
    Thread thread = new Thread(reader);
    thread.start();
    announcing.waiting.await();
    thread.interrupt();

    assertThat(reader.get(30, TimeUnit.SECONDS)).isEqualTo(Errno.EINTR);
  }

  /**
   * Whoever sleeps looks at the counter only when it is told to: a forgotten call is a lost
   * wake-up.
   */
  @Test
  void whoeverChangesTheCountTellsThoseWhoSleepOnIt() {
    Meanwhile others = new Meanwhile();
    Eventfds eventfds = new Eventfds(others, Tracepoints.untimed());
    EventfdContext eventfd = new EventfdContext(eventfds, 0, EnumSet.noneOf(EventfdFlag.class));

    others.then(eventfd::signal);
    assertThat(eventfd.read()).isEqualTo(1);
    others.then(() -> eventfd.write(5));
    assertThat(eventfd.read()).isEqualTo(5);
    eventfd.write(-2L);
    others.then(eventfd::read);
    eventfd.write(7);
    assertThat(eventfd.count()).isEqualTo(7);
    eventfd.write(-2L - 7);
    others.then(() -> eventfd.removeWaiter(new DeafWaiter()));
    eventfd.write(8);
    assertThat(eventfd.count()).isEqualTo(8);
    assertThat(others.waits).hasSize(4);
  }

  /** Does not take what wakes it. */
  private static final class DeafWaiter extends EventfdWaiter {
    @Override
    protected boolean wake(EventfdContext from, int events) {
      return false;
    }
  }

  /** A call that kept the wait-queue lock would block every later signal for ever. */
  @Test
  void noCallKeepsTheWaitQueueLock() throws Exception {
    EventfdContext eventfd = cooperative(3);
    DescriptorTable descriptors = new DescriptorTable();
    EventfdWaiter waiter = new DeafWaiter();
    List<Runnable> calls =
        List.of(
            eventfd::signal,
            () -> eventfd.write(1),
            eventfd::read,
            eventfd::poll,
            () -> eventfd.addWaiter(waiter, EventfdWaiter.Kind.SHARED),
            eventfd::hasPriorityWaiter,
            () -> eventfd.withdrawWaiter(waiter),
            () -> eventfd.addOnlyPriorityWaiter(waiter),
            () -> eventfd.addOnlyPriorityWaiter(new DeafWaiter()),
            () -> eventfd.priorityWaiter(entry -> entry == waiter),
            () -> eventfd.priorityWaiter(entry -> false),
            () -> Fingerprint.of(eventfd),
            () -> eventfd.removeWaiter(waiter),
            () -> descriptors.close(descriptors.install(new EventfdFile(eventfd))));
    for (Runnable call : calls) {
      call.run();
      FutureTask<Integer> other = new FutureTask<>(eventfd::poll);
      Thread thread = new Thread(other);
      thread.setDaemon(true);
      thread.start();
      assertThat(other.get(30, TimeUnit.SECONDS) & Poll.OUT).isEqualTo(Poll.OUT);
    }
  }
}
