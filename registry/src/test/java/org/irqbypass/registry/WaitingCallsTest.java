package org.irqbypass.registry;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.work.Meanwhile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Calls that wait for a call of another thread, step by step: what they wait for, that they are
 * told of its end, and what a wait that cannot end leaves behind.
 */
@Timeout(60)
final class WaitingCallsTest {
  private final Meanwhile others = new Meanwhile();
  private final Sides sides = new Sides(RegistryRules.LINUX_6_17, new LinuxPairing(), others);
  private final Sides.Producer producer = sides.producer("p");
  private final Sides.Consumer consumer = sides.consumer("c");

  private static FutureTask<Void> start(Runnable call) {
    FutureTask<Void> task = new FutureTask<>(call, null);
    Thread thread = new Thread(task);
    thread.setDaemon(true);
    thread.start();
    return task;
  }

  private static void end(FutureTask<Void> call) {
    try {
      call.get(30, TimeUnit.SECONDS);
    } catch (Exception failed) {
      throw new AssertionError(failed);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
  }

  /** A call of another thread, made in the middle of the consumer's registration, sits it out. */
  private void assertSitsOutTheRegistration(Runnable call, String reason) {
    CountDownLatch waits = new CountDownLatch(1);
    CountDownLatch registered = new CountDownLatch(1);
    others.then(
        () -> {
          waits.countDown();
          await(registered);
        });
    List<FutureTask<Void>> other = new ArrayList<>();
    consumer.does.onAdd =
        () -> {
          other.add(start(call));
          await(waits);
        };
    sides.registry.register(producer, sides.token);
    sides.registry.register(consumer, sides.token);
    registered.countDown();
    end(other.get(0));

    assertThat(others.waits).containsExactly(reason);
  }

  @Test
  void aCallForASideWaitsForTheCallThatHasClaimedIt() {
    assertSitsOutTheRegistration(
        () -> sides.registry.unregister(consumer), "another call for " + consumer);

    assertThat(consumer.isRegistered()).isFalse();
    assertThat(producer.status().reason()).isEqualTo(BypassReason.NO_PEER);
  }

  @Test
  void aCallUnderATokenWaitsForTheCallThatHoldsIt() {
    assertSitsOutTheRegistration(
        () -> sides.registry.unregister(producer), "the registry's token " + sides.token);

    assertThat(producer.isRegistered()).isFalse();
    assertThat(consumer.status().reason()).isEqualTo(BypassReason.NO_PEER);
  }

  private void duringTheRegistrationOfTheConsumer(Runnable call) {
    consumer.does.onAdd = () -> end(start(call));
    sides.registry.register(producer, sides.token);
    sides.registry.register(consumer, sides.token);
    consumer.does.onAdd = () -> {};
  }

  private static void assertDeadlock(Runnable call) {
    assertThat(assertThrows(ErrnoException.class, call::run).errno()).isEqualTo(Errno.EDEADLK);
  }

  @Test
  void aRegistrationThatCannotHaveItsTokenLeavesItsSideFree() {
    Sides.Producer second = sides.producer("p2");
    duringTheRegistrationOfTheConsumer(
        () -> assertDeadlock(() -> sides.registry.register(second, sides.token)));

    assertThat(second.isRegistered()).isFalse();
    assertThat(sides.registry.register(second, new PrivateToken("other"))).isEqualTo(0);
  }

  @Test
  void anUnregistrationThatCannotHaveItsTokenLeavesItsSideRegistered() {
    duringTheRegistrationOfTheConsumer(
        () -> assertDeadlock(() -> sides.registry.unregister(producer)));

    assertThat(producer.status().isBypassed()).isTrue();
    sides.registry.unregister(producer);
    assertThat(producer.isRegistered()).isFalse();
    assertThat(consumer.status().reason()).isEqualTo(BypassReason.NO_PEER);
  }
}
