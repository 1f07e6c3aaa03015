package org.irqbypass.work;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.common.util.concurrent.Uninterruptibles;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class ExecutorWorkQueueTest {
  private final ExecutorService executor = Executors.newFixedThreadPool(3);
  private final ThreadWaiter waiter = new ThreadWaiter();
  private final ExecutorWorkQueue queue = new ExecutorWorkQueue(executor, waiter);

  @AfterEach
  void stopThreads() {
    executor.shutdownNow();
  }

  @Test
  void flushReturnsAfterTheRun() {
    AtomicInteger runs = new AtomicInteger();
    Work work = new Work("count", runs::incrementAndGet);

    for (int i = 1; i <= 100; i++) {
      queue.schedule(work);
      queue.flush(work);
      assertThat(runs.get()).isEqualTo(i);
    }
  }

  @Test
  void flushWaitsForARunInProgress() throws Exception {
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch leave = new CountDownLatch(1);
    AtomicInteger ended = new AtomicInteger();
    Work work =
        new Work(
            "slow",
            () -> {
              entered.countDown();
              awaitLatch(leave);
              ended.incrementAndGet();
            });
    queue.schedule(work);
    entered.await();

    Future<Integer> flusher =
        executor.submit(
            () -> {
              queue.flush(work);
              return ended.get();
            });
    leave.countDown();

    assertThat(flusher.get(30, TimeUnit.SECONDS)).isEqualTo(1);
  }

  @Test
  void workQueuedAgainWhileItRunsNeverRunsTwiceAtOnce() throws Exception {
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch leave = new CountDownLatch(1);
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    AtomicInteger runs = new AtomicInteger();
    Work work =
        new Work(
            "exclusive",
            () -> {
              most.accumulateAndGet(inside.incrementAndGet(), Math::max);
              entered.countDown();
              awaitLatch(leave);
              inside.decrementAndGet();
              runs.incrementAndGet();
            });
    queue.schedule(work);
    entered.await();

    assertThat(queue.schedule(work)).isTrue();
    assertThat(queue.schedule(work)).isFalse();
    leave.countDown();
    queue.flush(work);

    assertThat(runs.get()).isEqualTo(2);
    assertThat(most.get()).isEqualTo(1);
  }

  /** Work that another thread runs until somebody waits for it, on a queue whose tasks pile up. */
  private static final class InFlight {
    final Meanwhile others = new Meanwhile();
    final List<Runnable> tasks = new ArrayList<>();
    final ExecutorWorkQueue queue = new ExecutorWorkQueue(tasks::add, others);
    final AtomicInteger ended = new AtomicInteger();
    final Work work;

    InFlight() throws InterruptedException {
      CountDownLatch entered = new CountDownLatch(1);
      CountDownLatch leave = new CountDownLatch(1);
      work =
          new Work(
              "slow",
              () -> {
                entered.countDown();
                awaitLatch(leave);
                ended.incrementAndGet();
              });
      queue.schedule(work);
      Thread runner = new Thread(tasks.remove(0));
      runner.setDaemon(true);
      runner.start();
      entered.await();
      others.then(
          () -> {
            leave.countDown();
            Uninterruptibles.joinUninterruptibly(runner);
          });
    }
  }

  @Test
  void whoFlushesWorkInFlightWaitsForItsEndAndIsToldOfIt() throws Exception {
    InFlight flight = new InFlight();
    flight.queue.flush(flight.work);

    assertThat(flight.ended.get()).isEqualTo(1);
    assertThat(flight.others.waits).containsExactly("work slow");
  }

  @Test
  void workQueuedAgainWhileItRunsIsRunAfterThatRunHasEnded() throws Exception {
    InFlight flight = new InFlight();
    assertThat(flight.queue.schedule(flight.work)).isTrue();
    assertThat(flight.tasks).hasSize(1);
    flight.tasks.get(0).run();

    assertThat(flight.ended.get()).isEqualTo(2);
    assertThat(flight.others.waits).containsExactly("the running slow");
    assertThat(flight.work.isBusy()).isFalse();
  }

  @Test
  void whoFlushesWorkInFlightThatIsQueuedAgainRunsItOnceMore() throws Exception {
    InFlight flight = new InFlight();
    flight.queue.schedule(flight.work);
    flight.queue.flush(flight.work);
    assertThat(flight.ended.get()).isEqualTo(2);
    flight.tasks.get(0).run();

    assertThat(flight.ended.get()).isEqualTo(2); // a flush has run it
    assertThat(flight.others.waits).containsExactly("work slow");
  }

  @Test
  void flushFromTheWorkItselfIsADeadlock() {
    AtomicReference<Errno> errno = new AtomicReference<>();
    Work[] self = new Work[1];
    self[0] =
        new Work(
            "self",
            () ->
                errno.set(assertThrows(ErrnoException.class, () -> queue.flush(self[0])).errno()));
    queue.schedule(self[0]);
    queue.flush(self[0]);

    assertThat(errno.get()).isEqualTo(Errno.EDEADLK);
  }

  @Test
  void aRejectedWorkIsNotLeftQueued() {
    executor.shutdown();
    Work work = new Work("late", () -> {});

    assertThrows(RejectedExecutionException.class, () -> queue.schedule(work));
    assertThat(work.isBusy()).isFalse();
    queue.flush(work);
  }

  @Test
  void whoWasToldThatRejectedWorkIsQueuedHasItRunByTheNextSchedule() {
    AtomicInteger runs = new AtomicInteger();
    Work work = new Work("shared", runs::incrementAndGet);
    Rejecting rejecting = new Rejecting(2);
    ExecutorWorkQueue narrow = new ExecutorWorkQueue(rejecting, waiter);
    rejecting.meanwhile = () -> assertThat(narrow.schedule(work)).isFalse();
    assertThrows(RejectedExecutionException.class, () -> narrow.schedule(work));
    rejecting.meanwhile = () -> {};
    assertThrows(RejectedExecutionException.class, () -> narrow.schedule(work));

    narrow.schedule(work);

    assertThat(runs.get()).isEqualTo(1);
    assertThat(work.isBusy()).isFalse();
  }

  @Test
  void whoWasToldThatRejectedWorkIsQueuedHasItRunByAFlush() {
    AtomicInteger runs = new AtomicInteger();
    Work work = new Work("shared", runs::incrementAndGet);
    Rejecting rejecting = new Rejecting(1);
    ExecutorWorkQueue narrow = new ExecutorWorkQueue(rejecting, waiter);
    rejecting.meanwhile = () -> narrow.schedule(work);
    assertThrows(RejectedExecutionException.class, () -> narrow.schedule(work));

    narrow.flush(work);
    narrow.flush(work);

    assertThat(runs.get()).isEqualTo(1);
  }

  @Test
  void workThatAFlushHasRunIsNotRejectedAnyMore() {
    AtomicInteger runs = new AtomicInteger();
    Work work = new Work("flushed", runs::incrementAndGet);
    Rejecting rejecting = new Rejecting(1);
    ExecutorWorkQueue narrow = new ExecutorWorkQueue(rejecting, waiter);
    rejecting.meanwhile = () -> narrow.flush(work);

    assertThat(narrow.schedule(work)).isTrue();
    assertThat(runs.get()).isEqualTo(1);
    assertThat(work.isBusy()).isFalse();
  }

  @Test
  void aLateRejectionLeavesWhatWasScheduledAfterAFlush() {
    List<Runnable> accepted = new ArrayList<>();
    AtomicInteger runs = new AtomicInteger();
    Work work = new Work("again", runs::incrementAndGet);
    ExecutorWorkQueue[] narrow = new ExecutorWorkQueue[1];
    narrow[0] =
        new ExecutorWorkQueue(
            task -> {
              if (runs.get() == 0) {
                narrow[0].flush(work);
                narrow[0].schedule(work);
                throw new RejectedExecutionException("too late");
              }
              accepted.add(task);
            },
            waiter);

    narrow[0].schedule(work);
    accepted.forEach(Runnable::run);

    assertThat(runs.get()).isEqualTo(2);
  }

  @Test
  void workIsNotLeftQueuedWhenTheExecutorCannotStartAThread() {
    ExecutorWorkQueue exhausted =
        new ExecutorWorkQueue(
            task -> {
              throw new OutOfMemoryError("no thread");
            },
            waiter);
    Work work = new Work("unlucky", () -> {});

    assertThrows(OutOfMemoryError.class, () -> exhausted.schedule(work));
    assertThat(work.isBusy()).isFalse();
  }

  /** Rejects some tasks, each while something else happens; runs the rest at once. */
  private static final class Rejecting implements Executor {
    private int left;
    private Runnable meanwhile = () -> {};

    Rejecting(int left) {
      this.left = left;
    }

    @Override
    public void execute(Runnable task) {
      if (left > 0) {
        left--;
        meanwhile.run();
        throw new RejectedExecutionException("no place");
      }
      task.run();
    }
  }

  @Test
  void aFaultLeavesTheQueueUsable() {
    List<String> ran = new ArrayList<>();
    ExecutorWorkQueue direct =
        new ExecutorWorkQueue(task -> assertThrows(IllegalStateException.class, task::run), waiter);
    Work work =
        new Work(
            "faulty",
            () -> {
              ran.add("run");
              throw new IllegalStateException("fault");
            });
    direct.schedule(work);
    direct.flush(work);
    direct.schedule(work);

    assertThat(ran).hasSize(2);
  }

  @Test
  @Timeout(10)
  void workThatFlushesWorkQueuedBehindItOnTheOnlyThreadRunsItItself() throws Exception {
    ExecutorService single = Executors.newSingleThreadExecutor();
    try {
      ExecutorWorkQueue narrow = new ExecutorWorkQueue(single, waiter);
      List<String> ran = new ArrayList<>();
      Work behind = new Work("behind", () -> ran.add("behind"));
      Work first =
          new Work(
              "first",
              () -> {
                narrow.schedule(behind);
                narrow.flush(behind);
                ran.add("first");
              });
      narrow.schedule(first);
      narrow.flush(first);
      single.submit(() -> {}).get(); // what was left of the queue finds nothing to do

      assertThat(ran).containsExactly("behind", "first").inOrder();
    } finally {
      single.shutdownNow();
    }
  }

  private static void awaitLatch(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
  }
}
