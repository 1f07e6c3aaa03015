package org.irqbypass.registry;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.registry.BypassStatus.State;
import org.irqbypass.trace.Fingerprint;
import org.irqbypass.trace.TraceEvent;
import org.irqbypass.work.Work;
import org.junit.jupiter.api.Test;

/** semantics.md 14.2. */
final class ConnectPolicyTest {
  private static void refuse() {
    throw Sides.again();
  }

  private static void accept() {}

  private final Sides sides = new Sides(RegistryRules.LINUX_6_17);

  @Test
  void theStricterOfTwoGoverns() {
    ConnectPolicy[] policies = ConnectPolicy.values();
    for (int i = 0; i < policies.length; i++) {
      for (int j = 0; j < policies.length; j++) {
        assertThat(policies[i].stricter(policies[j])).isEqualTo(policies[Math.max(i, j)]);
      }
    }
    assertThat(ConnectPolicy.REQUIRED.stricter(ConnectPolicy.RETRY))
        .isEqualTo(ConnectPolicy.REQUIRED);
  }

  @Test
  void requiredOnEitherSideGovernsTheFailureOfEither() {
    for (boolean producerRequires : new boolean[] {true, false}) {
      for (boolean producerComesLast : new boolean[] {true, false}) {
        Sides own = new Sides(RegistryRules.LINUX_6_17);
        ConnectPolicy strict = ConnectPolicy.REQUIRED;
        ConnectPolicy lax = ConnectPolicy.RETRY;
        Sides.Producer producer = own.producer("p", producerRequires ? strict : lax);
        Sides.Consumer consumer = own.consumer("c", producerRequires ? lax : strict);
        producer.does.onAdd = ConnectPolicyTest::refuse;
        ConnectFailedException failed;
        if (producerComesLast) {
          own.registry.register(consumer, own.token);
          failed =
              assertThrows(
                  ConnectFailedException.class, () -> own.registry.register(producer, own.token));
          assertThat(producer.isRegistered()).isFalse();
          assertThat(consumer.isRegistered()).isTrue();
        } else {
          own.registry.register(producer, own.token);
          failed =
              assertThrows(
                  ConnectFailedException.class, () -> own.registry.register(consumer, own.token));
          assertThat(consumer.isRegistered()).isFalse();
          assertThat(producer.isRegistered()).isTrue();
        }
        assertThat(failed.policy()).isEqualTo(ConnectPolicy.REQUIRED);
        assertThat(failed.errno()).isEqualTo(Errno.EAGAIN);
      }
    }
  }

  /** Regression: only the side that required it could tell, not its peer that registered last. */
  @Test
  void aPositiveRefusalIsAFailureWhereEitherSideRequires() {
    for (boolean producerRequires : new boolean[] {true, false}) {
      for (boolean producerComesLast : new boolean[] {true, false}) {
        Sides own = new Sides(RegistryRules.LINUX_6_17);
        ConnectPolicy strict = ConnectPolicy.REQUIRED;
        ConnectPolicy lax = ConnectPolicy.OPPORTUNISTIC;
        Sides.Producer producer = own.producer("p", producerRequires ? strict : lax);
        Sides.Consumer consumer = own.consumer("c", producerRequires ? lax : strict);
        consumer.does.result = 66311;
        ConnectFailedException failed;
        if (producerComesLast) {
          own.registry.register(consumer, own.token);
          failed =
              assertThrows(
                  ConnectFailedException.class, () -> own.registry.register(producer, own.token));
        } else {
          own.registry.register(producer, own.token);
          failed =
              assertThrows(
                  ConnectFailedException.class, () -> own.registry.register(consumer, own.token));
        }
        assertThat(failed.policy()).isEqualTo(ConnectPolicy.REQUIRED);
        assertThat(failed.errno()).isEqualTo(Errno.EIO);
        assertThat(failed).hasMessageThat().contains("66311");
        assertThat(own.registry.registered()).isEqualTo(1);
      }
    }
  }

  @Test
  void aRefusalThatFailsNoCallIsInTheStatusOfBothWhoeverCameLast() {
    for (boolean producerComesLast : new boolean[] {true, false}) {
      Sides own = new Sides(RegistryRules.LINUX_6_17);
      Sides.Producer producer = own.producer("p", ConnectPolicy.RETRY);
      Sides.Consumer consumer = own.consumer("c", ConnectPolicy.RETRY);
      producer.does.onAdd = ConnectPolicyTest::refuse;
      if (producerComesLast) {
        own.registry.register(consumer, own.token);
        own.registry.register(producer, own.token);
      } else {
        own.registry.register(producer, own.token);
        own.registry.register(consumer, own.token);
      }
      assertThat(producer.status().errno()).isEqualTo(Errno.EAGAIN);
      assertThat(consumer.status().errno()).isEqualTo(Errno.EAGAIN);
    }
  }

  /** Regression: the side that waits said that it was refused, by a call that had failed. */
  @Test
  void aFailedCallLeavesTheSideThatWaitsAsItWas() {
    for (boolean producerComesLast : new boolean[] {true, false}) {
      for (boolean byNumber : new boolean[] {true, false}) {
        Sides own = new Sides(RegistryRules.LINUX_6_17);
        Sides.Producer producer = own.producer("p", ConnectPolicy.REQUIRED);
        Sides.Consumer consumer = own.consumer("c");
        if (byNumber) {
          consumer.does.result = 66311;
        } else {
          producer.does.onAdd = ConnectPolicyTest::refuse;
        }
        BypassSide waits = producerComesLast ? consumer : producer;
        BypassSide comes = producerComesLast ? producer : consumer;
        register(own, waits);
        own.registry.retry(producer); // nothing to try, and nothing to forget
        List<Long> before = Fingerprint.of(own.token, waits);
        assertThrows(ConnectFailedException.class, () -> register(own, comes));
        assertThat(Fingerprint.of(own.token, waits)).isEqualTo(before);
        assertThat(waits.status())
            .isEqualTo(new BypassStatus(State.WAITING, BypassReason.NO_PEER, null));
        assertThat(comes.status().reason())
            .isEqualTo(byNumber ? BypassReason.PEER_REFUSED : BypassReason.IRQ_ACTIVE);
      }
    }
  }

  private static void register(Sides own, BypassSide side) {
    if (side instanceof BypassProducer producer) {
      own.registry.register(producer, own.token);
    } else {
      own.registry.register((BypassConsumer) side, own.token);
    }
  }

  @Test
  void retryKeepsBothAndConnectsWhenTheInterruptGoesIdle() {
    Sides.Producer producer = sides.producer("p", ConnectPolicy.RETRY);
    Sides.Consumer consumer = sides.consumer("c");
    producer.does.onAdd = ConnectPolicyTest::refuse;
    sides.registry.register(producer, sides.token);

    assertThat(sides.registry.register(consumer, sides.token)).isEqualTo(0);
    BypassStatus waits = new BypassStatus(State.WAITING, BypassReason.IRQ_ACTIVE, Errno.EAGAIN);
    assertThat(producer.status()).isEqualTo(waits);
    assertThat(consumer.status()).isEqualTo(waits);
    assertThat(sides.queue.queued()).isEmpty();

    producer.does.onAdd = ConnectPolicyTest::accept;
    sides.registry.retry(producer);
    assertThat(sides.registry.connected()).isEqualTo(0);
    sides.queue.runAll();
    assertThat(producer.status().isBypassed()).isTrue();
    assertThat(consumer.status().isBypassed()).isTrue();
    sides.registry.retry(producer);
    assertThat(sides.queue.queued()).isEmpty();
  }

  @Test
  void retryIsForEagainOnly() {
    Sides.Producer producer = sides.producer("p", ConnectPolicy.RETRY);
    Sides.Consumer consumer = sides.consumer("c", ConnectPolicy.RETRY);
    consumer.does.onAdd =
        () -> {
          throw new ErrnoException(Errno.EIO, "broken");
        };
    sides.registry.register(producer, sides.token);

    ConnectFailedException failed =
        assertThrows(
            ConnectFailedException.class, () -> sides.registry.register(consumer, sides.token));
    assertThat(failed.policy()).isEqualTo(ConnectPolicy.RETRY);
    sides.registry.retry(producer);
    assertThat(sides.queue.queued()).isEmpty();
  }

  @Test
  void aSecondRefusalIsTriedAgainAtTheNextEnd() {
    Sides.Producer producer = sides.producer("p", ConnectPolicy.RETRY);
    producer.does.onAdd = ConnectPolicyTest::refuse;
    sides.registry.register(producer, sides.token);
    sides.registry.register(sides.consumer("c"), sides.token);
    for (int i = 0; i < 3; i++) {
      sides.registry.retry(producer);
      sides.queue.runAll();
      assertThat(producer.status().reason()).isEqualTo(BypassReason.IRQ_ACTIVE);
    }
    producer.does.onAdd = ConnectPolicyTest::accept;
    sides.registry.retry(producer);
    sides.queue.runAll();

    assertThat(producer.status().isBypassed()).isTrue();
  }

  @Test
  void aRetryRefusedForGoodIsNotRepeated() {
    Sides.Producer producer = sides.producer("p", ConnectPolicy.RETRY);
    producer.does.onAdd = ConnectPolicyTest::refuse;
    sides.registry.register(producer, sides.token);
    sides.registry.register(sides.consumer("c"), sides.token);
    producer.does.onAdd =
        () -> {
          throw new ErrnoException(Errno.EIO, "broken");
        };
    sides.registry.retry(producer);
    sides.queue.runAll();

    assertThat(producer.status())
        .isEqualTo(new BypassStatus(State.WAITING, BypassReason.PEER_REFUSED, Errno.EIO));
    sides.registry.retry(producer);
    assertThat(sides.queue.queued()).isEmpty();
  }

  /** The interrupt ends after the callback has looked and before the refusal is recorded. */
  @Test
  void anEndBetweenTheRefusalAndItsRecordIsNotMissed() {
    Sides.Producer producer = sides.producer("p", ConnectPolicy.RETRY);
    producer.does.onAdd =
        () -> {
          sides.registry.retry(producer); // as the handler's end does, on any thread
          throw Sides.again();
        };
    sides.registry.register(producer, sides.token);
    sides.registry.register(sides.consumer("c"), sides.token);
    producer.does.onAdd = ConnectPolicyTest::accept;
    sides.queue.runAll();

    assertThat(producer.status().isBypassed()).isTrue();
  }

  /**
   * Regression: an end after the refusal was recorded, but before the producer's registration was
   * settled, was missed. The listener is told at that very moment.
   */
  @Test
  void anEndBetweenTheRefusalAndTheRegistrationIsNotMissed() {
    Sides.Producer producer = sides.producer("p", ConnectPolicy.RETRY);
    producer.does.onAdd = ConnectPolicyTest::refuse;
    sides.registry.register(sides.consumer("c"), sides.token);
    boolean[] cleared = {false};
    sides.trace.listen(
        (nanos, event) -> {
          if (event instanceof RegistryEvent.Refused) {
            sides.registry.retry(producer);
            cleared[0] = true;
          }
        });
    sides.registry.register(producer, sides.token);
    sides.trace.listen(null);
    producer.does.onAdd = ConnectPolicyTest::accept;
    assertThat(cleared[0]).isTrue();
    sides.queue.runAll();

    assertThat(producer.status().isBypassed()).isTrue();
  }

  @Test
  void aRefusalToldToListenersSaysWhetherItIsTriedAgain() {
    List<TraceEvent> told = new ArrayList<>();
    sides.trace.listen(
        (nanos, event) -> {
          if (event instanceof RegistryEvent.Refused) {
            told.add(event);
          }
        });
    Sides.Producer producer = sides.producer("p", ConnectPolicy.RETRY);
    Sides.Consumer consumer = sides.consumer("c");
    producer.does.onAdd = ConnectPolicyTest::refuse;
    sides.registry.register(producer, sides.token);
    sides.registry.register(consumer, sides.token);

    assertThat(told)
        .containsExactly(
            new RegistryEvent.Refused(
                producer, consumer, BypassReason.IRQ_ACTIVE, Errno.EAGAIN, true));
  }

  @Test
  void aSideThatLeavesBeforeTheRetryIsNotConnected() {
    for (boolean producerLeaves : new boolean[] {true, false}) {
      Sides own = new Sides(RegistryRules.LINUX_6_17);
      Sides.Producer producer = own.producer("p", ConnectPolicy.RETRY);
      Sides.Consumer consumer = own.consumer("c");
      producer.does.onAdd = ConnectPolicyTest::refuse;
      own.registry.register(producer, own.token);
      own.registry.register(consumer, own.token);
      own.registry.retry(producer);
      producer.does.onAdd = ConnectPolicyTest::accept;
      own.calls.clear();
      if (producerLeaves) {
        own.registry.unregister(producer);
      } else {
        own.registry.unregister(consumer);
      }
      own.queue.runAll();

      assertThat(own.calls).isEmpty();
      // Regression: who stayed said that the interrupt was active, with no peer to be refused by.
      BypassSide stays = producerLeaves ? consumer : producer;
      assertThat(stays.status())
          .isEqualTo(new BypassStatus(State.WAITING, BypassReason.NO_PEER, null));
      own.registry.unregister(producer);
      own.registry.unregister(consumer);
      assertThat(own.registry.registered()).isEqualTo(0);
    }
  }

  /** A callback that waits cooperatively runs deferred work, which may be this pair's own retry. */
  @Test
  void aRetryRunInsideACallbackOfItsOwnTokenDoesNotDeadlock() {
    Sides.Producer producer = sides.producer("p", ConnectPolicy.RETRY);
    producer.does.onAdd = ConnectPolicyTest::refuse;
    sides.registry.register(producer, sides.token);
    sides.registry.register(sides.consumer("c"), sides.token);
    sides.registry.retry(producer);
    Work retry = sides.queue.queued().get(0);
    producer.does.onStop =
        () -> {
          producer.does.onStop = ConnectPolicyTest::accept;
          sides.registry.retry(producer);
          sides.queue.runAll();
        };
    sides.queue.runNext();
    assertThat(producer.status().reason()).isEqualTo(BypassReason.IRQ_ACTIVE);
    producer.does.onAdd = ConnectPolicyTest::accept;
    assertThat(sides.queue.queued()).containsExactly(retry);
    sides.queue.runAll();

    assertThat(producer.status().isBypassed()).isTrue();
  }

  @Test
  void retryOfAProducerThatIsNotRegisteredIsNoOp() {
    Sides.Producer producer = sides.producer("p", ConnectPolicy.RETRY);
    sides.registry.retry(producer);
    sides.registry.register(producer, sides.token);
    sides.registry.retry(producer);
    sides.registry.unregister(producer);
    sides.registry.retry(producer);

    assertThat(sides.queue.queued()).isEmpty();
  }

  /**
   * Another consumer comes before the retry does, and is connected: the retry finds nothing to do.
   */
  @Test
  void aRetryThatComesAfterTheConnectDoesNothing() {
    Sides.Producer producer = sides.producer("p", ConnectPolicy.RETRY);
    Sides.Consumer refused = sides.consumer("c");
    producer.does.onAdd = ConnectPolicyTest::refuse;
    sides.registry.register(producer, sides.token);
    sides.registry.register(refused, sides.token);
    sides.registry.retry(producer);
    sides.registry.unregister(refused);
    producer.does.onAdd = ConnectPolicyTest::accept;
    sides.registry.register(sides.consumer("c2"), sides.token);
    assertThat(producer.status().isBypassed()).isTrue();
    sides.calls.clear();
    sides.queue.runAll();

    assertThat(sides.calls).isEmpty();
    assertThat(sides.registry.connected()).isEqualTo(1);
  }

  /** The retry runs while a callback of a connect waits, and asks that connect to look again. */
  @Test
  void aRetryRunInsideAConnectIsMadeUpForIfThatIsRefused() {
    Sides.Producer producer = sides.producer("p", ConnectPolicy.RETRY);
    Sides.Consumer first = sides.consumer("c");
    producer.does.onAdd = ConnectPolicyTest::refuse;
    sides.registry.register(producer, sides.token);
    sides.registry.register(first, sides.token);
    sides.registry.retry(producer);
    sides.registry.unregister(first);
    producer.does.onStop =
        () -> {
          producer.does.onStop = ConnectPolicyTest::accept;
          sides.queue.runAll();
        };
    sides.registry.register(sides.consumer("c2"), sides.token);
    assertThat(producer.status().reason()).isEqualTo(BypassReason.IRQ_ACTIVE);
    producer.does.onAdd = ConnectPolicyTest::accept;
    sides.queue.runAll();

    assertThat(producer.status().isBypassed()).isTrue();
  }

  @Test
  void whoUnregistersWhileItsRetryIsAwaitedForgetsWhyItWasRefused() {
    Sides.Producer producer = sides.producer("p", ConnectPolicy.RETRY);
    Sides.Consumer consumer = sides.consumer("c");
    producer.does.onAdd = ConnectPolicyTest::refuse;
    sides.registry.register(producer, sides.token);
    sides.registry.register(consumer, sides.token);
    sides.registry.unregister(consumer);

    assertThat(consumer.status())
        .isEqualTo(new BypassStatus(State.UNREGISTERED, BypassReason.NOT_REGISTERED, null));
  }

  /** To an explorer it is one state: nothing the two sides do from now on differs. */
  @Test
  void aPairConnectedByARetryIsInTheStateOfOneConnectedAtOnce() {
    List<List<Long>> states = new ArrayList<>();
    for (boolean byTheRetry : new boolean[] {true, false}) {
      Sides own = new Sides(RegistryRules.LINUX_6_17);
      Sides.Producer producer = own.producer("p", ConnectPolicy.RETRY);
      Sides.Consumer consumer = own.consumer("c");
      producer.does.onAdd = ConnectPolicyTest::refuse;
      own.registry.register(producer, own.token);
      own.registry.register(consumer, own.token);
      List<Long> waits = Fingerprint.of(own.token, producer, consumer);
      own.registry.retry(producer);
      producer.does.onAdd = ConnectPolicyTest::accept;
      if (byTheRetry) {
        own.queue.runAll();
      } else {
        own.registry.unregister(consumer);
        own.queue.runAll();
        own.registry.register(consumer, own.token);
      }
      assertThat(producer.status().isBypassed()).isTrue();
      states.add(Fingerprint.of(own.token, producer, consumer));
      assertThat(states).doesNotContain(waits);
    }

    assertThat(states.get(0)).isEqualTo(states.get(1));
  }

  @Test
  void whoRequiresUnderATokenMakesEveryRegistrationThereRequireIt() {
    for (ConnectPolicy policy :
        new ConnectPolicy[] {
          ConnectPolicy.OPPORTUNISTIC, ConnectPolicy.RETRY, ConnectPolicy.REQUIRED
        }) {
      boolean required = policy == ConnectPolicy.REQUIRED;
      Sides own = new Sides(RegistryRules.LINUX_6_17);
      assertThat(own.registry.requiresConnect(own.token)).isFalse();
      Sides.Producer producer = own.producer("p", policy);
      own.registry.register(producer, own.token);
      assertThat(own.registry.requiresConnect(own.token)).isEqualTo(required);
      own.registry.unregister(producer);
      assertThat(own.registry.requiresConnect(own.token)).isFalse();
      own.registry.register(own.consumer("c", policy), own.token);
      assertThat(own.registry.requiresConnect(own.token)).isEqualTo(required);
      own.registry.register(own.producer("p2"), own.token);
      assertThat(own.registry.requiresConnect(own.token)).isEqualTo(required);
    }
  }
}
