package org.irqbypass.registry;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.eventfd.Eventfds;
import org.irqbypass.host.HostIrq;
import org.irqbypass.registry.BypassStatus.State;
import org.irqbypass.trace.Fingerprint;
import org.irqbypass.trace.TraceEvent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** semantics.md 5.2, row by row and for both kernels, and what becomes of a side. */
final class BypassRegistryTest {
  static Stream<RegistryRules> kernels() {
    return Stream.of(RegistryRules.LINUX_6_1, RegistryRules.LINUX_6_17);
  }

  private Sides sides = new Sides(RegistryRules.LINUX_6_17);

  private static Errno errnoOf(Executable call) {
    return assertThrows(ErrnoException.class, call).errno();
  }

  private void assertNothingLeft() {
    assertThat(sides.registry.registered()).isEqualTo(0);
    assertThat(sides.registry.connected()).isEqualTo(0);
    assertThat(sides.token.producer).isNull();
    assertThat(sides.token.consumer).isNull();
    assertThat(sides.queue.queued()).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void aNullTokenIsInvalid(RegistryRules rules) {
    sides = new Sides(rules);

    assertThat(errnoOf(() -> sides.registry.register(sides.producer("p"), null)))
        .isEqualTo(Errno.EINVAL);
    assertThat(errnoOf(() -> sides.registry.register(sides.consumer("c"), null)))
        .isEqualTo(Errno.EINVAL);
    assertNothingLeft();
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void aTokenHasOneOfEachSide(RegistryRules rules) {
    sides = new Sides(rules);
    Sides.Producer producer = sides.producer("p");
    Sides.Producer second = sides.producer("p2");
    Sides.Consumer consumer = sides.consumer("c");
    Sides.Consumer secondConsumer = sides.consumer("c2");
    sides.registry.register(producer, sides.token);
    sides.registry.register(consumer, sides.token);

    assertThat(errnoOf(() -> sides.registry.register(second, sides.token))).isEqualTo(Errno.EBUSY);
    assertThat(errnoOf(() -> sides.registry.register(secondConsumer, sides.token)))
        .isEqualTo(Errno.EBUSY);
    assertThat(second.status().reason()).isEqualTo(BypassReason.DUPLICATE_TOKEN);
    assertThat(secondConsumer.status().errno()).isEqualTo(Errno.EBUSY);
    assertThat(producer.status().isBypassed()).isTrue();
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void aSideIsRegisteredOnce(RegistryRules rules) {
    sides = new Sides(rules);
    Sides.Producer producer = sides.producer("p");
    Sides.Consumer consumer = sides.consumer("c");
    BypassToken other = new PrivateToken("other");
    sides.registry.register(producer, sides.token);
    sides.registry.register(consumer, sides.token);

    for (BypassToken again : List.of(sides.token, other)) {
      assertThat(errnoOf(() -> sides.registry.register(producer, again)))
          .isEqualTo(rules.registeredAgain());
      assertThat(errnoOf(() -> sides.registry.register(consumer, again)))
          .isEqualTo(rules.registeredAgain());
    }
    assertThat(producer.token()).isSameInstanceAs(sides.token);
    assertThat(sides.registry.connected()).isEqualTo(1);
    assertThat(other.producer).isNull();
  }

  @ParameterizedTest
  @EnumSource(
      value = Callback.class,
      names = {"ADD", "DELETE"})
  void aConsumerNeedsItsMandatoryCallbacks(Callback missing) {
    Sides.Consumer consumer = sides.consumer("c");
    consumer.does.without(missing);

    assertThat(errnoOf(() -> sides.registry.register(consumer, sides.token)))
        .isEqualTo(Errno.EINVAL);
    assertNothingLeft();
  }

  @Test
  void aFailedConnectLeavesTheComerUnregisteredAndTheOtherWaiting() {
    Sides.Producer producer = sides.producer("p");
    Sides.Consumer consumer = sides.consumer("c");
    consumer.does.onAdd =
        () -> {
          throw new ErrnoException(Errno.ENOSPC, "no entry");
        };
    sides.registry.register(producer, sides.token);

    ConnectFailedException failed =
        assertThrows(
            ConnectFailedException.class, () -> sides.registry.register(consumer, sides.token));
    assertThat(failed.errno()).isEqualTo(Errno.ENOSPC);
    assertThat(failed.policy()).isEqualTo(ConnectPolicy.OPPORTUNISTIC);
    assertThat(failed).hasMessageThat().contains("c could not be connected");
    assertThat(consumer.isRegistered()).isFalse();
    assertThat(producer.isRegistered()).isTrue();
    assertThat(producer.status())
        .isEqualTo(new BypassStatus(State.WAITING, BypassReason.PEER_REFUSED, Errno.ENOSPC));
    // Nothing dangles: the next consumer is connected.
    assertThat(sides.registry.register(sides.consumer("c2"), sides.token)).isEqualTo(0);
    assertThat(producer.status().isBypassed()).isTrue();
  }

  @Test
  void theProducerMayBeTheComerThatFails() {
    Sides.Producer producer = sides.producer("p");
    Sides.Consumer consumer = sides.consumer("c");
    producer.does.onAdd =
        () -> {
          throw new ErrnoException(Errno.EIO, "broken");
        };
    sides.registry.register(consumer, sides.token);

    assertThat(errnoOf(() -> sides.registry.register(producer, sides.token))).isEqualTo(Errno.EIO);
    assertThat(producer.status())
        .isEqualTo(new BypassStatus(State.UNREGISTERED, BypassReason.PEER_REFUSED, Errno.EIO));
    sides.registry.unregister(producer);
    sides.registry.unregister(consumer);
    assertNothingLeft();
  }

  @Test
  void aPositiveResultIsReturnedAndNotConnected() {
    Sides.Producer producer = sides.producer("p");
    Sides.Consumer consumer = sides.consumer("c");
    consumer.does.result = 3;
    sides.registry.register(producer, sides.token);

    assertThat(sides.registry.register(consumer, sides.token)).isEqualTo(3);
    assertThat(consumer.isRegistered()).isFalse();
    assertThat(producer.status())
        .isEqualTo(new BypassStatus(State.WAITING, BypassReason.PEER_REFUSED, null));
    assertThat(consumer.status())
        .isEqualTo(new BypassStatus(State.UNREGISTERED, BypassReason.PEER_REFUSED, null));
    assertThat(sides.calls).contains("p.del(c)");
  }

  @Test
  void aPositiveResultIsReturnedToEitherSideAndTold() {
    for (boolean producerComesLast : new boolean[] {true, false}) {
      Sides own = new Sides(RegistryRules.LINUX_6_17);
      Sides.Producer producer = own.producer("p");
      Sides.Consumer consumer = own.consumer("c");
      producer.does.result = 3;
      List<TraceEvent> told = new ArrayList<>();
      own.trace.listen((nanos, event) -> told.add(event));
      int result;
      if (producerComesLast) {
        own.registry.register(consumer, own.token);
        result = own.registry.register(producer, own.token);
      } else {
        own.registry.register(producer, own.token);
        result = own.registry.register(consumer, own.token);
      }
      RegistryEvent.Call call =
          producerComesLast
              ? RegistryEvent.Call.REGISTER_PRODUCER
              : RegistryEvent.Call.REGISTER_CONSUMER;
      BypassSide comer = producerComesLast ? producer : consumer;

      assertThat(result).isEqualTo(3);
      assertThat(told)
          .containsAtLeast(
              new RegistryEvent.Refused(producer, consumer, BypassReason.PEER_REFUSED, null, false),
              new RegistryEvent.Returned(call, comer, 3))
          .inOrder();
      assertThat(own.registry.registered()).isEqualTo(1);
    }
  }

  @Test
  void aNegatedEagainIsTriedAgain() {
    Sides.Producer producer = sides.producer("p", ConnectPolicy.RETRY);
    Sides.Consumer consumer = sides.consumer("c");
    consumer.does.result = -Errno.EAGAIN.number();
    sides.registry.register(producer, sides.token);
    assertThat(sides.registry.register(consumer, sides.token)).isEqualTo(0);
    consumer.does.result = 0;
    sides.registry.retry(producer);
    sides.queue.runAll();

    assertThat(consumer.status().isBypassed()).isTrue();
  }

  @Test
  void whoIsToldOfADisconnectFindsTheTwoApart() {
    Sides.Producer producer = sides.producer("p");
    Sides.Consumer consumer = sides.consumer("c");
    sides.registry.register(producer, sides.token);
    sides.registry.register(consumer, sides.token);
    List<String> told = new ArrayList<>();
    sides.trace.listen(
        (nanos, event) -> {
          if (event instanceof RegistryEvent.Disconnected) {
            told.add(producer.status() + ", " + consumer.status());
          }
        });
    sides.registry.unregister(producer);

    assertThat(told).containsExactly("UNREGISTERED NOT_REGISTERED, WAITING NO_PEER");
  }

  @Test
  void nobodyIsToldOfTheCallsForADisabledSide() {
    Sides.Producer producer = sides.producer("p", ConnectPolicy.DISABLED);
    List<Long> before = Fingerprint.of(producer);
    List<TraceEvent> told = new ArrayList<>();
    sides.trace.listen((nanos, event) -> told.add(event));
    sides.registry.register(producer, sides.token);
    sides.registry.retry(producer);
    sides.registry.unregister(producer);

    assertThat(told).isEmpty();
    assertThat(Fingerprint.of(producer)).isEqualTo(before);
  }

  /** What a state's fingerprint leaves out, an explorer takes for the same state. */
  @Test
  void theFingerprintTellsWhoIsRegisteredAndWhatBecameOfIt() {
    EventfdContext eventfd = new Eventfds(sides.waiter, sides.trace).create(0, 0);
    Sides.Producer producer = sides.producer("p");
    Sides.Consumer consumer = sides.consumer("c");
    List<Long> noToken = Fingerprint.of(eventfd);
    List<Long> noSide = Fingerprint.of(producer);
    sides.registry.register(producer, eventfd);
    assertThat(Fingerprint.of(eventfd)).isNotEqualTo(noToken);
    List<Long> waits = Fingerprint.of(producer);
    assertThat(waits).isNotEqualTo(noSide);
    sides.registry.register(consumer, eventfd);
    assertThat(Fingerprint.of(producer)).isNotEqualTo(waits);
    sides.registry.unregister(consumer);
    assertThat(Fingerprint.of(producer)).isEqualTo(waits);
    sides.registry.unregister(producer);

    assertThat(Fingerprint.of(eventfd)).isEqualTo(noToken);
  }

  @Test
  void whoWasRefusedOnceAndWaitsElsewhereSaysThatNoPeerHasCome() {
    for (boolean producerRefuses : new boolean[] {true, false}) {
      Sides own = new Sides(RegistryRules.LINUX_6_17);
      Sides.Producer producer = own.producer("p");
      Sides.Consumer consumer = own.consumer("c");
      (producerRefuses ? producer.does : consumer.does).onAdd =
          () -> {
            throw new IllegalStateException("fault");
          };
      BypassSide comer = producerRefuses ? producer : consumer;
      BypassToken elsewhere = new PrivateToken("elsewhere");
      if (producerRefuses) {
        own.registry.register(consumer, own.token);
        assertThrows(IllegalStateException.class, () -> own.registry.register(producer, own.token));
      } else {
        own.registry.register(producer, own.token);
        assertThrows(IllegalStateException.class, () -> own.registry.register(consumer, own.token));
      }
      // A callback's own defect is a refusal to whoever asks for the status.
      assertThat(comer.status())
          .isEqualTo(new BypassStatus(State.UNREGISTERED, BypassReason.PEER_REFUSED, null));
      assertThat((producerRefuses ? consumer : producer).status())
          .isEqualTo(new BypassStatus(State.WAITING, BypassReason.PEER_REFUSED, null));
      if (producerRefuses) {
        own.registry.register(producer, elsewhere);
      } else {
        own.registry.register(consumer, elsewhere);
      }

      assertThat(comer.status())
          .isEqualTo(new BypassStatus(State.WAITING, BypassReason.NO_PEER, null));
    }
  }

  @Test
  void unregisteringWhatIsNotRegisteredIsNoOp() {
    Sides.Producer producer = sides.producer("p");
    Sides.Consumer consumer = sides.consumer("c");
    sides.registry.unregister(producer);
    sides.registry.unregister(consumer);
    sides.registry.register(producer, sides.token);
    sides.registry.unregister(producer);
    sides.registry.unregister(producer);

    assertThat(sides.calls).isEmpty();
    assertNothingLeft();
  }

  /** semantics.md 13.12: in Linux this corrupts the list. */
  @Test
  void unregisteringASideThatWasRefusedLeavesTheHolderAlone() {
    Sides.Producer holder = sides.producer("holder");
    Sides.Producer refused = sides.producer("refused");
    sides.registry.register(holder, sides.token);
    assertThrows(ErrnoException.class, () -> sides.registry.register(refused, sides.token));
    sides.registry.unregister(refused);

    assertThat(sides.token.producer).isSameInstanceAs(holder);
    assertThat(sides.registry.registered()).isEqualTo(1);
  }

  @Test
  void unregisteringInEitherOrderLeavesNothing() {
    for (boolean producerFirst : new boolean[] {true, false}) {
      for (boolean producerLeavesFirst : new boolean[] {true, false}) {
        sides = new Sides(RegistryRules.LINUX_6_17);
        Sides.Producer producer = sides.producer("p");
        Sides.Consumer consumer = sides.consumer("c");
        if (producerFirst) {
          sides.registry.register(producer, sides.token);
          sides.registry.register(consumer, sides.token);
        } else {
          sides.registry.register(consumer, sides.token);
          sides.registry.register(producer, sides.token);
        }
        assertThat(sides.registry.connected()).isEqualTo(1);
        assertThat(sides.registry.registered()).isEqualTo(2);
        if (producerLeavesFirst) {
          sides.registry.unregister(producer);
          assertThat(consumer.status().state()).isEqualTo(State.WAITING);
          assertThat(sides.registry.connected()).isEqualTo(0);
          sides.registry.unregister(consumer);
        } else {
          sides.registry.unregister(consumer);
          assertThat(producer.status().state()).isEqualTo(State.WAITING);
          assertThat(sides.registry.connected()).isEqualTo(0);
          sides.registry.unregister(producer);
        }
        assertNothingLeft();
      }
    }
  }

  @Test
  void aSideCanBeRegisteredAgainUnderAnotherToken() {
    Sides.Producer producer = sides.producer("p");
    BypassToken other = new PrivateToken("other");
    sides.registry.register(producer, sides.token);
    sides.registry.unregister(producer);
    sides.registry.register(producer, other);
    sides.registry.register(sides.consumer("c"), other);

    assertThat(producer.status().isBypassed()).isTrue();
    assertThat(sides.token.producer).isNull();
  }

  @Test
  void callbacksThatAreMissingAreNotCalled() {
    Sides.Producer producer = sides.producer("p");
    Sides.Consumer consumer = sides.consumer("c");
    producer.does.without(Callback.values());
    consumer.does.without(Callback.STOP, Callback.START);
    sides.registry.register(producer, sides.token);
    sides.registry.register(consumer, sides.token);
    sides.registry.unregister(producer);

    assertThat(sides.calls).containsExactly("c.add(p)", "c.del(p)").inOrder();
  }

  @Test
  void aDisabledSideIsNotRegistered() {
    Sides.Producer producer = sides.producer("p", ConnectPolicy.DISABLED);

    assertThat(sides.registry.register(producer, sides.token)).isEqualTo(0);
    assertThat(producer.isRegistered()).isFalse();
    assertThat(producer.status())
        .isEqualTo(new BypassStatus(State.UNREGISTERED, BypassReason.SWITCHED_OFF, null));
    sides.registry.register(sides.consumer("c"), sides.token);
    assertThat(sides.calls).isEmpty();
    sides.registry.unregister(producer);
  }

  @Test
  void aCallbackCannotCallTheRegistry() {
    List<Errno> errnos = new ArrayList<>();
    Sides.Producer producer = sides.producer("p");
    Sides.Consumer consumer = sides.consumer("c");
    Sides.Producer other = sides.producer("other");
    Runnable reenter =
        () -> {
          errnos.add(errnoOf(() -> sides.registry.register(other, new PrivateToken("other"))));
          errnos.add(errnoOf(() -> sides.registry.unregister(producer)));
        };
    producer.does.onStop = reenter;
    consumer.does.onAdd = reenter;
    sides.registry.register(producer, sides.token);
    sides.registry.register(consumer, sides.token);
    sides.registry.unregister(consumer);

    assertThat(errnos)
        .containsExactly(
            Errno.EDEADLK,
            Errno.EDEADLK,
            Errno.EDEADLK,
            Errno.EDEADLK,
            Errno.EDEADLK,
            Errno.EDEADLK);
    assertThat(other.isRegistered()).isFalse();
    assertThat(sides.registry.register(other, new PrivateToken("other"))).isEqualTo(0);
  }

  @Test
  void theStatusOfAConnectedPairIsTheHardwares() {
    Sides.Producer producer = sides.producer("p");
    Sides.Consumer consumer = sides.consumer("c");
    assertThat(producer.status())
        .isEqualTo(new BypassStatus(State.UNREGISTERED, BypassReason.NOT_REGISTERED, null));
    sides.registry.register(producer, sides.token);
    assertThat(producer.status())
        .isEqualTo(new BypassStatus(State.WAITING, BypassReason.NO_PEER, null));
    sides.registry.register(consumer, sides.token);
    assertThat(producer.status())
        .isEqualTo(new BypassStatus(State.CONNECTED, BypassReason.BYPASSED, null));
    consumer.does.reason = BypassReason.ROUTE_MISSING;

    assertThat(producer.status().reason()).isEqualTo(BypassReason.ROUTE_MISSING);
    assertThat(consumer.status().reason()).isEqualTo(BypassReason.ROUTE_MISSING);
    assertThat(consumer.status().isBypassed()).isFalse();
    sides.registry.unregister(consumer);
    assertThat(consumer.status().reason()).isEqualTo(BypassReason.NOT_REGISTERED);
    assertThat(producer.status().reason()).isEqualTo(BypassReason.NO_PEER);
    assertThat(new BypassStatus(State.WAITING, BypassReason.IRQ_ACTIVE, Errno.EAGAIN).toString())
        .isEqualTo("WAITING IRQ_ACTIVE (EAGAIN)");
  }

  @Test
  void aTypedRefusalShowsItsReason() {
    Sides.Producer producer = sides.producer("p");
    Sides.Consumer consumer = sides.consumer("c");
    consumer.does.onAdd =
        () -> {
          throw new BypassRefusal(Errno.EIO, BypassReason.HARDWARE_CANNOT, "no such hardware");
        };
    sides.registry.register(producer, sides.token);
    assertThrows(
        ConnectFailedException.class, () -> sides.registry.register(consumer, sides.token));

    assertThat(consumer.status().reason()).isEqualTo(BypassReason.HARDWARE_CANNOT);
    assertThat(producer.status().reason()).isEqualTo(BypassReason.HARDWARE_CANNOT);
  }

  @Test
  void eachCallIsATracepointWithItsResult() {
    List<TraceEvent> told = new ArrayList<>();
    sides.trace.listen((nanos, event) -> told.add(event));
    Sides.Producer producer = sides.producer("p");
    Sides.Consumer consumer = sides.consumer("c");
    sides.registry.register(producer, sides.token);
    sides.registry.register(consumer, sides.token);
    assertThrows(
        ErrnoException.class, () -> sides.registry.register(sides.producer("p2"), sides.token));
    sides.registry.unregister(producer);

    assertThat(told.stream().map(Object::toString).map(s -> s.replaceAll("\\[.*", "")))
        .containsExactly(
            "Entered",
            "Returned",
            "Entered",
            "Connected",
            "Returned",
            "Entered",
            "Returned",
            "Entered",
            "Disconnected")
        .inOrder();
    assertThat(((RegistryEvent.Returned) told.get(6)).result()).isEqualTo(-Errno.EBUSY.number());
  }

  /** A callback refuses as Linux's do; what is no errno is said to be none. */
  @Test
  void aNegativeResultOfACallbackIsItsErrno() {
    Sides.Producer producer = sides.producer("p");
    Sides.Consumer consumer = sides.consumer("c");
    sides.registry.register(producer, sides.token);
    consumer.does.result = -Errno.ENOSPC.number();
    ConnectFailedException failed =
        assertThrows(
            ConnectFailedException.class, () -> sides.registry.register(consumer, sides.token));
    assertThat(failed.errno()).isEqualTo(Errno.ENOSPC);
    assertThat(failed).hasMessageThat().contains("a callback returned -28");
    assertThat(producer.status().errno()).isEqualTo(Errno.ENOSPC);

    consumer.does.result = -9999;
    failed =
        assertThrows(
            ConnectFailedException.class, () -> sides.registry.register(consumer, sides.token));
    assertThat(failed.errno()).isEqualTo(Errno.EINVAL);
    assertThat(failed).hasMessageThat().contains("-9999, which is no errno");
    assertThat(sides.registry.registered()).isEqualTo(1);
    assertThat(sides.registry.connected()).isEqualTo(0);
  }

  @Test
  void twoSidesAreEachOthersPeersWhileTheyAreConnected() {
    Sides.Producer producer = sides.producer("p");
    Sides.Consumer consumer = sides.consumer("c");
    assertThat(producer.peer()).isNull();
    sides.registry.register(producer, sides.token);
    assertThat(producer.peer()).isNull();
    sides.registry.register(consumer, sides.token);
    assertThat(producer.peer()).isSameInstanceAs(consumer);
    assertThat(consumer.peer()).isSameInstanceAs(producer);
    sides.registry.unregister(consumer);
    assertThat(producer.peer()).isNull();
    assertThat(consumer.peer()).isNull();
  }

  /** The least that a side has to say: all callbacks are there, and nothing is in the way. */
  @Test
  void aSideThatSaysNothingElseIsConnectedAndBypassed() {
    HostIrq irq = sides.hostIrq("plain");
    BypassProducer producer = new BypassProducer(irq, ConnectPolicy.OPPORTUNISTIC) {};
    BypassConsumer consumer = new PlainConsumer(BypassReason.PEER_REFUSED, 0);
    assertThat(producer.irq()).isSameInstanceAs(irq);
    assertThat(sides.registry.register(producer, sides.token)).isEqualTo(0);
    assertThat(sides.registry.register(consumer, sides.token)).isEqualTo(0);

    assertThat(producer.status())
        .isEqualTo(new BypassStatus(State.CONNECTED, BypassReason.BYPASSED, null));
    assertThat(consumer.status().toString()).isEqualTo("CONNECTED BYPASSED");
    sides.registry.unregister(consumer);
    assertThat(producer.status().toString()).isEqualTo("WAITING NO_PEER");
  }

  /** Of a positive number the consumer's own reason is told, and else the producer's. */
  @Test
  void whoRefusesWithANumberSaysWhy() {
    Sides.Producer waiting = sides.producer("p");
    sides.registry.register(waiting, sides.token);
    BypassConsumer knows = new PlainConsumer(BypassReason.NOT_TRANSLATED, 3);
    assertThat(sides.registry.register(knows, sides.token)).isEqualTo(3);
    assertThat(knows.status().reason()).isEqualTo(BypassReason.NOT_TRANSLATED);
    assertThat(waiting.status().reason()).isEqualTo(BypassReason.NOT_TRANSLATED);
    sides.registry.unregister(waiting);

    BypassProducer masked =
        new BypassProducer(sides.hostIrq("masked"), ConnectPolicy.OPPORTUNISTIC) {
          @Override
          protected BypassReason refusedReason() {
            return BypassReason.IRQ_MASKED;
          }
        };
    sides.registry.register(masked, sides.token);
    BypassConsumer silent = new PlainConsumer(BypassReason.PEER_REFUSED, 3);
    assertThat(sides.registry.register(silent, sides.token)).isEqualTo(3);
    assertThat(silent.status().reason()).isEqualTo(BypassReason.IRQ_MASKED);
    assertThat(masked.status().reason()).isEqualTo(BypassReason.IRQ_MASKED);
  }

  private static final class PlainConsumer extends BypassConsumer {
    private final BypassReason reason;
    private final int result;

    PlainConsumer(BypassReason reason, int result) {
      super(ConnectPolicy.OPPORTUNISTIC);
      this.reason = reason;
      this.result = result;
    }

    @Override
    protected int addProducer(BypassProducer producer) {
      return result;
    }

    @Override
    protected void delProducer(BypassProducer producer) {}

    @Override
    protected BypassReason refusedReason() {
      return reason;
    }
  }
}
