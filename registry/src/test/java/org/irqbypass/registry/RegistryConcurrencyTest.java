package org.irqbypass.registry;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Real threads. Where an order matters it is made by latches, never by waiting a while. */
@Timeout(120)
final class RegistryConcurrencyTest {
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Sides sides = new Sides(RegistryRules.LINUX_6_17);
  private final CountDownLatch inside = new CountDownLatch(1);
  private final CountDownLatch leave = new CountDownLatch(1);

  @AfterEach
  void stopThreads() {
    leave.countDown();
    threads.shutdownNow();
  }

  private void block() {
    inside.countDown();
    try {
      leave.await();
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
  }

  private static <T> T get(Future<T> future) throws Exception {
    return future.get(60, TimeUnit.SECONDS);
  }

  @Test
  void differentTokensDoNotWaitForEachOther() throws Exception {
    Sides.Consumer slow = sides.consumer("slow");
    slow.does.onStop = this::block;
    sides.registry.register(sides.producer("p"), sides.token);
    Future<Integer> blocked = threads.submit(() -> sides.registry.register(slow, sides.token));
    inside.await();

    // A callback under the first token has not returned, and will not until this is done.
    Sides.Producer producer = sides.producer("p2");
    Sides.Consumer consumer = sides.consumer("c2");
    BypassToken other = new PrivateToken("other");
    producer.does.without(Callback.values());
    consumer.does.without(Callback.STOP, Callback.START);
    sides.registry.register(producer, other);
    sides.registry.register(consumer, other);
    assertThat(consumer.status().isBypassed()).isTrue();
    sides.registry.unregister(producer);
    assertThat(blocked.isDone()).isFalse();

    leave.countDown();
    assertThat(get(blocked)).isEqualTo(0);
  }

  @Test
  void callsUnderOneTokenWaitForEachOther() throws Exception {
    List<String> order = Collections.synchronizedList(new ArrayList<>());
    Sides.Producer producer = sides.producer("p");
    Sides.Consumer slow = sides.consumer("slow");
    slow.does.onStop =
        () -> {
          slow.does.onStop = () -> {};
          block();
          order.add("connected");
        };
    sides.registry.register(producer, sides.token);
    Future<Integer> blocked = threads.submit(() -> sides.registry.register(slow, sides.token));
    inside.await();
    Future<?> second =
        threads.submit(
            () -> {
              sides.registry.unregister(producer);
              order.add("unregistered");
            });
    leave.countDown();
    get(blocked);
    get(second);

    assertThat(order).containsExactly("connected", "unregistered").inOrder();
    assertThat(slow.status().reason()).isEqualTo(BypassReason.NO_PEER);
  }

  /** Regression: a second unregister returned while the first still ran the callbacks. */
  @Test
  void aSecondUnregisterReturnsWhenTheSideIsGone() throws Exception {
    Sides.Producer producer = sides.producer("p");
    Sides.Consumer consumer = sides.consumer("c");
    sides.registry.register(producer, sides.token);
    sides.registry.register(consumer, sides.token);
    consumer.does.onDelete = this::block;
    Future<?> first = threads.submit(() -> sides.registry.unregister(producer));
    inside.await();
    CountDownLatch started = new CountDownLatch(1);
    Future<Integer> second =
        threads.submit(
            () -> {
              started.countDown();
              sides.registry.unregister(producer);
              return sides.registry.register(sides.producer("p2"), sides.token);
            });
    started.await();
    leave.countDown();

    get(first);
    assertThat(get(second)).isEqualTo(0);
  }

  /** Regression: a register beside one that was about to fail was told "registered already". */
  @Test
  void aRegistrationIsJudgedWhenTheOneBeforeItIsSettled() throws Exception {
    Sides.Producer producer = sides.producer("p");
    BypassToken other = new PrivateToken("other");
    sides.registry.register(sides.consumer("c"), sides.token);
    producer.does.onAdd =
        () -> {
          producer.does.onAdd = () -> {};
          block();
          throw new ErrnoException(Errno.EIO, "broken");
        };
    Future<Errno> first =
        threads.submit(
            () ->
                assertThrows(
                        ErrnoException.class, () -> sides.registry.register(producer, sides.token))
                    .errno());
    inside.await();
    CountDownLatch started = new CountDownLatch(1);
    Future<Integer> second =
        threads.submit(
            () -> {
              started.countDown();
              return sides.registry.register(producer, other);
            });
    started.await();
    leave.countDown();

    assertThat(get(first)).isEqualTo(Errno.EIO);
    assertThat(get(second)).isEqualTo(0);
    assertThat(producer.token()).isSameInstanceAs(other);
  }

  @Test
  void anInterruptedThreadStillUnregisters() throws Exception {
    Sides.Producer producer = sides.producer("p");
    Sides.Consumer consumer = sides.consumer("c");
    sides.registry.register(producer, sides.token);
    consumer.does.onStop =
        () -> {
          consumer.does.onStop = () -> {};
          block();
        };
    Future<Integer> blocked = threads.submit(() -> sides.registry.register(consumer, sides.token));
    inside.await();
    Future<Boolean> second =
        threads.submit(
            () -> {
              Thread.currentThread().interrupt();
              sides.registry.unregister(producer);
              return Thread.interrupted();
            });
    leave.countDown();

    get(blocked);
    assertThat(get(second)).isTrue();
    assertThat(producer.isRegistered()).isFalse();
  }

  @Test
  void anyInterleavingLeavesNothing() throws Exception {
    BypassToken[] tokens = {new PrivateToken("a"), new PrivateToken("b"), new PrivateToken("c")};
    List<Callable<Integer>> racers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      SplittableRandom random = new SplittableRandom(i);
      Quiet quiet = new Quiet(i);
      racers.add(
          () -> {
            int connects = 0;
            for (int n = 0; n < 20_000; n++) {
              BypassToken token = tokens[random.nextInt(tokens.length)];
              try {
                switch (random.nextInt(4)) {
                  case 0 -> sides.registry.register(quiet.producer, token);
                  case 1 -> sides.registry.register(quiet.consumer, token);
                  case 2 -> sides.registry.unregister(quiet.producer);
                  default -> sides.registry.unregister(quiet.consumer);
                }
                connects += quiet.consumer.status().isBypassed() ? 1 : 0;
              } catch (ErrnoException refused) {
                assertThat(refused.errno()).isAnyOf(Errno.EBUSY, Errno.EINVAL);
              }
            }
            sides.registry.unregister(quiet.producer);
            sides.registry.unregister(quiet.consumer);
            return connects;
          });
    }
    int connects = 0;
    for (Future<Integer> racer : threads.invokeAll(racers)) {
      connects += get(racer);
    }

    assertThat(connects).isGreaterThan(0);
    assertThat(sides.registry.registered()).isEqualTo(0);
    assertThat(sides.registry.connected()).isEqualTo(0);
    for (BypassToken token : tokens) {
      assertThat(token.producer).isNull();
      assertThat(token.consumer).isNull();
    }
  }

  /** Sides that check that whoever is added is deleted, and keep no list of it. */
  private final class Quiet {
    final BypassProducer producer;
    final BypassConsumer consumer;

    Quiet(int number) {
      producer =
          new BypassProducer(sides.hostIrq("irq" + number), ConnectPolicy.OPPORTUNISTIC) {
            @Override
            public String toString() {
              return "producer " + number;
            }
          };
      consumer =
          new BypassConsumer(ConnectPolicy.OPPORTUNISTIC) {
            private @Nullable BypassProducer added;

            @Override
            protected int addProducer(BypassProducer comer) {
              assertThat(added).isNull();
              added = comer;
              return 0;
            }

            @Override
            protected void delProducer(BypassProducer goer) {
              assertThat(added).isSameInstanceAs(goer);
              added = null;
            }
          };
    }
  }
}
