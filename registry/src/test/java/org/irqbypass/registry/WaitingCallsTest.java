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
    start(task);
    return task;
  }

  private static void start(FutureTask<Void> call) {
    Thread thread = new Thread(call);
    thread.setDaemon(true);
    thread.start();
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

  /**
   * Two calls for one side while the token is held: the first one waits for the token and gives up,
   * the second one waits for the first.
   */
  private void duringTheRegistrationOfTheConsumer(Runnable givesUp, Runnable waitsForIt) {
    FutureTask<Void> first = new FutureTask<>(() -> assertDeadlock(givesUp), null);
    FutureTask<Void> second = new FutureTask<>(waitsForIt, null);
    CountDownLatch secondWaits = new CountDownLatch(1);
    others.then(
        () -> {
          start(second);
          await(secondWaits);
          throw new ErrnoException(Errno.EDEADLK, "gives up");
        });
    others.then(
        () -> {
          secondWaits.countDown();
          end(first);
        });
    duringTheRegistrationOfTheConsumer(
        () -> {
          start(first);
          end(first);
          end(second);
        });
  }

  /** Who waits for a claim looks again when it is told, and not before. */
  @Test
  void whoWaitsForARegistrationIsToldWhenThatGivesUp() {
    Sides.Producer second = sides.producer("p2");
    BypassToken other = new PrivateToken("other");
    duringTheRegistrationOfTheConsumer(
        () -> sides.registry.register(second, sides.token),
        () -> sides.registry.register(second, other));

    assertThat(others.waits)
        .containsExactly("the registry's token token", "another call for p2")
        .inOrder();
    assertThat(second.token()).isSameInstanceAs(other);
    assertThat(second.isRegistered()).isTrue();
  }

  @Test
  void whoWaitsForAnUnregistrationIsToldWhenThatGivesUp() {
    BypassToken other = new PrivateToken("other");
    List<Errno> second = new ArrayList<>();
    duringTheRegistrationOfTheConsumer(
        () -> sides.registry.unregister(producer),
        () ->
            second.add(
                assertThrows(ErrnoException.class, () -> sides.registry.register(producer, other))
                    .errno()));

    assertThat(others.waits)
        .containsExactly("the registry's token token", "another call for p")
        .inOrder();
    assertThat(second).containsExactly(RegistryRules.LINUX_6_17.registeredAgain());
    assertThat(producer.status().isBypassed()).isTrue();
  }

  /** {@code might_sleep()}, then {@code mutex_lock()}: before it holds anything. */
  @Test
  void aRegistrationLetsOthersGoOnBeforeItTakesItsTokensLock() {
    sides.registry.register(producer, sides.token);
    assertThat(others.points).containsExactly("might sleep", "before token").inOrder();
    sides.registry.unregister(producer);

    assertThat(others.points).containsExactly("might sleep", "before token", "before token");
  }

  @Test
  void aRetryTakesItsTokensLock() {
    Sides.Producer retries = sides.producer("p", ConnectPolicy.RETRY);
    retries.does.onAdd =
        () -> {
          throw Sides.again();
        };
    sides.registry.register(retries, sides.token);
    sides.registry.register(consumer, sides.token);
    sides.registry.retry(retries);
    others.points.clear();
    retries.does.onAdd =
        () -> end(start(() -> assertDeadlock(() -> sides.registry.unregister(consumer))));
    sides.queue.runAll();

    assertThat(others.points).containsExactly("before token", "before token");
    assertThat(others.waits).containsExactly("the registry's token token");
    assertThat(retries.status().isBypassed()).isTrue();
  }
}
