package org.irqbypass.work;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class ThreadWaiterTest {
  private final ThreadWaiter waiter = new ThreadWaiter();

  @Test
  void aConditionThatHoldsIsNotWaitedFor() {
    waiter.await(() -> true, "nothing");
  }

  @Test
  void aSleeperIsWokenByAChange() throws Exception {
    AtomicBoolean holds = new AtomicBoolean();
    CountDownLatch evaluated = new CountDownLatch(2);
    FutureTask<Boolean> sleeper =
        new FutureTask<>(
            () -> {
              waiter.await(seen(holds::get, evaluated), "the change");
              return holds.get();
            });
    new Thread(sleeper).start();
    evaluated.await();

    holds.set(true);
    waiter.changed();

    assertThat(sleeper.get(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void anInterruptionEndsOnlyAnInterruptibleWait() throws Exception {
    AtomicBoolean holds = new AtomicBoolean();
    CountDownLatch asleep = new CountDownLatch(2);
    CountDownLatch asleepAgain = new CountDownLatch(4);
    FutureTask<Boolean> sleeper =
        new FutureTask<>(
            () -> {
              waiter.await(seen(seen(holds::get, asleep), asleepAgain), "the change");
              return Thread.currentThread().isInterrupted();
            });
    Thread thread = new Thread(sleeper);
    thread.start();
    asleep.await();

    thread.interrupt();
    asleepAgain.await(); // it has looked again, and found nothing
    assertThat(sleeper.isDone()).isFalse();
    holds.set(true);
    waiter.changed();

    assertThat(sleeper.get(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void anInterruptibleWaitEndsWithEintrAndKeepsTheMark() {
    Thread.currentThread().interrupt();
    try {
      ErrnoException thrown =
          assertThrows(
              ErrnoException.class, () -> waiter.awaitInterruptibly(() -> false, "for ever"));

      assertThat(thrown.errno()).isEqualTo(Errno.EINTR);
      assertThat(thrown).hasMessageThat().contains("for ever");
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  private static BooleanSupplier seen(BooleanSupplier condition, CountDownLatch evaluated) {
    return () -> {
      boolean holds = condition.getAsBoolean();
      evaluated.countDown();
      return holds;
    };
  }
}
