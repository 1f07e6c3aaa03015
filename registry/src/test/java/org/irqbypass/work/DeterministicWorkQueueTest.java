package org.irqbypass.work;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.common.util.concurrent.Uninterruptibles;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.trace.Fingerprint;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The queue of deterministic runs, and the waiter that runs it while a caller waits. */
final class DeterministicWorkQueueTest {
  private final DeterministicWorkQueue queue = new DeterministicWorkQueue();
  private final CooperativeWaiter waiter = new CooperativeWaiter(queue);
  private final List<String> ran = new ArrayList<>();

  private Work work(String name) {
    return new Work(name, () -> ran.add(name));
  }

  @Test
  void runsOldestFirst() {
    queue.schedule(work("a"));
    queue.schedule(work("b"));
    queue.runAll();

    assertThat(ran).containsExactly("a", "b").inOrder();
    assertThat(queue.runNext()).isFalse();
  }

  @Test
  void runsInAnyOrderItIsTold() {
    queue.schedule(work("a"));
    queue.schedule(work("b"));
    queue.run(1);
    queue.run(0);

    assertThat(ran).containsExactly("b", "a").inOrder();
    assertThrows(IndexOutOfBoundsException.class, () -> queue.run(0));
  }

  @Test
  void anObserverSeesWhatRunsInsideWhat() {
    queue.observe(
        new WorkObserver() {
          @Override
          public void begins(Work work) {
            ran.add("<" + work.name());
          }

          @Override
          public void ends(Work work) {
            ran.add(work.name() + ">");
          }
        });
    Work inner = work("inner");
    queue.schedule(new Work("outer", () -> queue.flush(inner)));
    queue.schedule(inner);
    queue.runAll();

    assertThat(ran).containsExactly("<outer", "<inner", "inner", "inner>", "outer>").inOrder();
  }

  @Test
  void workOfOtherProcessorsRunsOnlyWhenItIsToldToOrWaitedFor() {
    Work awaited = work("awaited");
    queue.runElsewhere();
    queue.schedule(work("a"));
    queue.schedule(awaited);
    waiter.mightSleep();
    assertThat(ran).isEmpty();
    queue.flush(awaited);
    queue.runNext();

    assertThat(ran).containsExactly("awaited", "a").inOrder();
  }

  @Test
  void queuedWorkIsQueuedOnce() {
    Work work = work("a");

    assertThat(queue.schedule(work)).isTrue();
    assertThat(queue.schedule(work)).isFalse();
    assertThat(queue.queued()).containsExactly(work);
    queue.runAll();
    assertThat(ran).hasSize(1);
    assertThat(work.isBusy()).isFalse();
  }

  @Test
  void workMayQueueItselfAgain() {
    Work[] self = new Work[1];
    self[0] =
        new Work(
            "again",
            () -> {
              ran.add("again");
              if (ran.size() < 3) {
                queue.schedule(self[0]);
              }
            });
    queue.schedule(self[0]);
    queue.runAll();

    assertThat(ran).hasSize(3);
  }

  @Test
  void flushRunsWhatIsQueuedAndOnlyThat() {
    Work flushed = work("flushed");
    queue.schedule(work("other"));
    queue.schedule(flushed);
    queue.flush(flushed);
    queue.flush(flushed);

    assertThat(ran).containsExactly("flushed");
    assertThat(queue.queued()).hasSize(1);
  }

  @Test
  void flushFromTheWorkItselfIsADeadlockEvenIfItIsQueuedAgain() {
    List<Errno> errnos = new ArrayList<>();
    Work[] self = new Work[1];
    self[0] =
        new Work(
            "self",
            () -> {
              if (errnos.isEmpty()) {
                queue.schedule(self[0]);
                errnos.add(assertThrows(ErrnoException.class, () -> queue.flush(self[0])).errno());
              }
            });
    queue.schedule(self[0]);
    queue.runAll();

    assertThat(errnos).containsExactly(Errno.EDEADLK);
  }

  @Test
  void aFaultOfOneWorkDoesNotStopTheOthers() {
    queue.schedule(
        new Work(
            "faulty",
            () -> {
              throw new IllegalStateException("fault");
            }));
    queue.schedule(work("b"));

    assertThrows(IllegalStateException.class, queue::runAll);
    queue.runAll();
    assertThat(ran).containsExactly("b");
  }

  @Test
  void aWaiterRunsWorkUntilItsConditionHolds() {
    queue.schedule(work("a"));
    queue.schedule(work("b"));
    queue.schedule(work("c"));
    waiter.await(() -> ran.contains("b"), "b");

    assertThat(ran).containsExactly("a", "b").inOrder();
  }

  @Test
  void aWaitThatNothingCanEndIsADeadlock() {
    queue.schedule(work("a"));
    ErrnoException thrown =
        assertThrows(ErrnoException.class, () -> waiter.await(() -> false, "godot"));

    assertThat(thrown.errno()).isEqualTo(Errno.EDEADLK);
    assertThat(thrown).hasMessageThat().contains("godot");
  }

  /** Regression: a waiting work that had been queued again was run inside itself. */
  @Test
  void workThatWaitsIsNotRunInsideItself() {
    List<Errno> errnos = new ArrayList<>();
    int[] depth = {0};
    Work[] self = new Work[1];
    self[0] =
        new Work(
            "waits",
            () -> {
              assertThat(depth[0]++).isEqualTo(0);
              if (errnos.isEmpty()) {
                queue.schedule(self[0]);
                assertThrows(IllegalStateException.class, () -> queue.run(0));
                errnos.add(
                    assertThrows(ErrnoException.class, () -> waiter.await(() -> false, "x"))
                        .errno());
              }
              depth[0]--;
            });
    queue.schedule(self[0]);
    queue.runAll();

    assertThat(errnos).containsExactly(Errno.EDEADLK);
    assertThat(self[0].isBusy()).isFalse();
  }

  /** Regression: never returned. */
  @Test
  void workThatQueuesItselfWithoutEndIsAnError() {
    DeterministicWorkQueue bounded = new DeterministicWorkQueue(10);
    int[] runs = new int[1];
    Work[] pair = new Work[2];
    pair[0] = new Work("ping", () -> bounded.schedule(pair[1]));
    pair[1] =
        new Work(
            "pong",
            () -> {
              runs[0]++;
              bounded.schedule(pair[0]);
            });
    bounded.schedule(pair[0]);
    ErrnoException endless = assertThrows(ErrnoException.class, bounded::runAll);

    assertThat(endless.errno()).isEqualTo(Errno.ELOOP);
    assertThat(endless).hasMessageThat().contains("pong");
    assertThat(runs[0]).isEqualTo(5);
    assertThat(bounded.queued()).containsExactly(pair[1]);
    ErrnoException waits =
        assertThrows(
            ErrnoException.class,
            () -> new CooperativeWaiter(bounded).await(() -> false, "what never comes"));
    assertThat(waits.errno()).isEqualTo(Errno.ELOOP);
  }

  @Test
  void manyItemsThatEndAreNoLoop() {
    DeterministicWorkQueue bounded = new DeterministicWorkQueue(1);
    for (int i = 0; i < 100; i++) {
      bounded.schedule(work("" + i));
    }
    bounded.runAll();

    assertThat(ran).hasSize(100);
  }

  @Test
  void whoFlushesWorkThatStoppedInItsMiddleWaitsForItsEnd() {
    List<String> waits = new ArrayList<>();
    Work[] stopped = new Work[1];
    queue.awaitBy(
        new Waiter() {
          @Override
          public void await(BooleanSupplier condition, String reason) {
            waits.add(reason);
            throw new ErrnoException(Errno.EINTR, condition.getAsBoolean() ? "over" : "running");
          }

          @Override
          public void changed() {}
        });
    stopped[0] = new Work("a", () -> queue.flush(stopped[0]));
    queue.schedule(stopped[0]);

    ErrnoException running = assertThrows(ErrnoException.class, () -> queue.run(0));

    assertThat(running).hasMessageThat().contains("running");
    assertThat(waits).containsExactly("work a");
    queue.flush(stopped[0]);
    assertThat(waits).hasSize(1);
  }

  @Test
  void aLimitThatRunsNothingIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new DeterministicWorkQueue(0));
    assertThrows(IllegalArgumentException.class, () -> new DeterministicWorkQueue(-1));
    DeterministicWorkQueue narrow = new DeterministicWorkQueue(1);
    narrow.schedule(work("a"));
    narrow.schedule(work("b"));
    narrow.runAll();
    assertThat(ran).containsExactly("a", "b").inOrder();
  }

  /** How often it has run is not state: nothing that it does next depends on that. */
  @Test
  void workThatHasRunIsInTheStateOfWorkThatNeverDid() {
    Work work = work("a");
    List<Long> fresh = Fingerprint.of("a", work);
    queue.schedule(work);
    List<Long> waits = Fingerprint.of("a", work);
    queue.runAll();
    List<Long> idle = Fingerprint.of("a", work);
    queue.schedule(work);

    assertThat(idle).isEqualTo(fresh);
    assertThat(waits).isNotEqualTo(fresh);
    assertThat(Fingerprint.of("a", work)).isEqualTo(waits);
  }

  /** Which items wait is state, and in which order. */
  @Test
  void theFingerprintNamesWhatWaits() {
    Work a = work("a");
    Work b = work("b");
    List<Long> empty = Fingerprint.of(a, b, queue);
    queue.schedule(a);
    List<Long> first = Fingerprint.of(a, b, queue);
    queue.schedule(b);
    List<Long> both = Fingerprint.of(a, b, queue);
    queue.run(0);
    List<Long> second = Fingerprint.of(a, b, queue);
    queue.schedule(a);

    assertThat(List.of(empty, first, both, second, Fingerprint.of(a, b, queue)))
        .containsNoDuplicates();
  }

  /** The others are real here: the item runs on a thread of its own. */
  @Test
  @Timeout(60)
  void whoFlushesWorkThatOthersRunFindsItDone() {
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch leave = new CountDownLatch(1);
    Meanwhile others = new Meanwhile();
    Work slow =
        new Work(
            "slow",
            () -> {
              entered.countDown();
              Uninterruptibles.awaitUninterruptibly(leave);
              ran.add("slow");
            });
    queue.awaitBy(others);
    queue.schedule(slow);
    Thread runner = new Thread(() -> queue.run(0));
    runner.setDaemon(true);
    runner.start();
    Uninterruptibles.awaitUninterruptibly(entered);
    others.then(
        () -> {
          leave.countDown();
          Uninterruptibles.joinUninterruptibly(runner);
          others.changed();
        });
    queue.flush(slow);

    assertThat(ran).containsExactly("slow");
    assertThat(others.waits).containsExactly("work slow");
  }
}
