package org.irqbypass.work;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class MutexTest {
  private final DeterministicWorkQueue queue = new DeterministicWorkQueue();

  @Test
  void isHeldBetweenLockAndUnlock() {
    Mutex mutex = new Mutex(new CooperativeWaiter(queue), "a lock");
    assertThat(mutex.isHeldByCurrentThread()).isFalse();
    mutex.lock();
    assertThat(mutex.isHeldByCurrentThread()).isTrue();
    mutex.unlock();
    assertThat(mutex.isHeldByCurrentThread()).isFalse();
    mutex.lock();
    mutex.unlock();
  }

  @Test
  void aThreadThatWouldWaitForItselfIsToldSo() {
    Mutex mutex = new Mutex(new CooperativeWaiter(queue), "a lock");
    mutex.lock();

    ErrnoException refused = assertThrows(ErrnoException.class, mutex::lock);

    assertThat(refused.errno()).isEqualTo(Errno.EDEADLK);
    assertThat(refused).hasMessageThat().contains("a lock is held by the thread that asks for it");
  }

  @Test
  void saysBeforeEachLockThatARegionBegins() {
    List<Object> regions = new ArrayList<>();
    boolean[] heldThen = {true};
    Mutex[] mutex = new Mutex[1];
    Waiter listening =
        new Waiter() {
          @Override
          public void await(BooleanSupplier condition, String reason) {
            throw new AssertionError("nobody holds " + reason);
          }

          @Override
          public void beforeLock(Object lock) {
            heldThen[0] = mutex[0].isHeldByCurrentThread();
            regions.add(lock);
          }

          @Override
          public void changed() {}
        };
    mutex[0] = new Mutex(listening, "a lock");
    mutex[0].lock();

    assertThat(regions).containsExactly(mutex[0]);
    assertThat(heldThen[0]).isFalse();
  }

  @Tag("threads")
  @Test
  @Timeout(20)
  void excludesThreadsAndPublishesWhatTheyWrote() throws Exception {
    Mutex mutex = new Mutex(new ThreadWaiter(), "a lock");
    int[] plain = {0};
    int rounds = 20_000;
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      CountDownLatch start = new CountDownLatch(1);
      Future<?>[] done = new Future<?>[4];
      for (int i = 0; i < done.length; i++) {
        done[i] =
            threads.submit(
                () -> {
                  start.await();
                  for (int round = 0; round < rounds; round++) {
                    mutex.lock();
                    plain[0]++;
                    mutex.unlock();
                  }
                  return null;
                });
      }
      start.countDown();
      for (Future<?> one : done) {
        one.get(15, TimeUnit.SECONDS);
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(plain[0]).isEqualTo(4 * rounds);
  }

  /** Whoever waits is told of the release, and has the lock then. */
  @Test
  @Timeout(20)
  void whoComesMeanwhileWaitsUntilTheLockIsGivenBack() throws Exception {
    Meanwhile waiter = new Meanwhile();
    Mutex mutex = new Mutex(waiter, "a lock");
    Thread other = new Thread(mutex::lock);
    other.start();
    other.join();
    waiter.then(
        () -> {
          assertThat(mutex.isHeldByCurrentThread()).isFalse();
          mutex.unlock();
        });

    mutex.lock();

    assertThat(waiter.waits).containsExactly("a lock");
    assertThat(waiter.points).containsExactly("before a lock", "before a lock");
    assertThat(mutex.isHeldByCurrentThread()).isTrue();
  }
}
