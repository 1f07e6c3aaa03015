package org.irqbypass.work;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A lock that excludes, that its owner may take again, and that only its owner gives back. */
@Timeout(30)
final class SpinLockTest {
  private final SpinLock lock = new SpinLock();

  @Test
  void itsOwnerMayTakeItAgainAndGivesItBackAsOften() {
    lock.lock();
    lock.lock();
    lock.lock();
    lock.unlock();
    lock.unlock();
    assertThat(lock.isHeldByCurrentThread()).isTrue();
    lock.unlock();
    assertThat(lock.isHeldByCurrentThread()).isFalse();
    assertThrows(IllegalMonitorStateException.class, lock::unlock);
  }

  @Test
  void onlyItsOwnerGivesItBack() throws Exception {
    lock.lock();
    FutureTask<Boolean> thief =
        new FutureTask<>(
            () -> {
              assertThat(lock.isHeldByCurrentThread()).isFalse();
              assertThrows(IllegalMonitorStateException.class, lock::unlock);
              return true;
            });
    new Thread(thief).start();

    assertThat(thief.get(20, TimeUnit.SECONDS)).isTrue();
    assertThat(lock.isHeldByCurrentThread()).isTrue();
    lock.unlock();
  }

  @Test
  void whoComesMeanwhileWaitsAndGetsItWhenItIsGivenBack() throws Exception {
    AtomicBoolean inside = new AtomicBoolean();
    lock.lock();
    lock.lock();
    FutureTask<Boolean> waiter =
        new FutureTask<>(
            () -> {
              lock.lock();
              inside.set(true);
              boolean held = lock.isHeldByCurrentThread();
              lock.unlock();
              return held;
            });
    Thread thread = new Thread(waiter);
    thread.start();
    while (!lock.isQueued(thread) && !waiter.isDone()) {
      Thread.onSpinWait();
    }
    assertThat(inside.get()).isFalse();
    lock.unlock();
    assertThat(inside.get()).isFalse();
    assertThat(lock.isHeldByCurrentThread()).isTrue();
    lock.unlock();

    assertThat(waiter.get(20, TimeUnit.SECONDS)).isTrue();
    lock.lock();
    assertThat(lock.isHeldByCurrentThread()).isTrue();
    lock.unlock();
  }
}
