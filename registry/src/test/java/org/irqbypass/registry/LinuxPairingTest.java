package org.irqbypass.registry;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.mockito.Mockito.inOrder;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verifyNoMoreInteractions;

import java.util.List;
import java.util.function.BiConsumer;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mockito.InOrder;

/** semantics.md 5.3: the order of the callbacks, whatever they answer. */
final class LinuxPairingTest {
  private final Sides sides = new Sides(RegistryRules.LINUX_6_17);
  private final Sides.Producer producer = sides.producer("p");
  private final Sides.Consumer consumer = sides.consumer("c");

  private final Runnable producerStop = mock(Runnable.class, "producer.stop");
  private final Runnable producerAdd = mock(Runnable.class, "producer.add_consumer");
  private final Runnable producerDelete = mock(Runnable.class, "producer.del_consumer");
  private final Runnable producerStart = mock(Runnable.class, "producer.start");
  private final Runnable consumerStop = mock(Runnable.class, "consumer.stop");
  private final Runnable consumerAdd = mock(Runnable.class, "consumer.add_producer");
  private final Runnable consumerDelete = mock(Runnable.class, "consumer.del_producer");
  private final Runnable consumerStart = mock(Runnable.class, "consumer.start");

  @BeforeEach
  void listen() {
    producer.does.onStop = producerStop;
    producer.does.onAdd = producerAdd;
    producer.does.onDelete = producerDelete;
    producer.does.onStart = producerStart;
    consumer.does.onStop = consumerStop;
    consumer.does.onAdd = consumerAdd;
    consumer.does.onDelete = consumerDelete;
    consumer.does.onStart = consumerStart;
  }

  private void verifyOrder(Runnable... expected) {
    Object[] all = {
      producerStop, producerAdd, producerDelete, producerStart,
      consumerStop, consumerAdd, consumerDelete, consumerStart
    };
    InOrder order = inOrder(all);
    for (Runnable call : expected) {
      order.verify(call).run();
    }
    verifyNoMoreInteractions(all);
  }

  @Test
  void connect() {
    sides.registry.register(producer, sides.token);
    sides.registry.register(consumer, sides.token);

    verifyOrder(producerStop, consumerStop, producerAdd, consumerAdd, consumerStart, producerStart);
  }

  @Test
  void disconnect() {
    sides.registry.register(producer, sides.token);
    sides.registry.register(consumer, sides.token);
    org.mockito.Mockito.clearInvocations(
        producerStop, consumerStop, producerAdd, consumerAdd, consumerStart, producerStart);
    sides.registry.unregister(producer);

    verifyOrder(
        producerStop, consumerStop, consumerDelete, producerDelete, consumerStart, producerStart);
  }

  @Test
  void aRefusingConsumerMakesTheProducerForgetItAndBothStart() {
    consumer.does.result = 5;
    sides.registry.register(producer, sides.token);
    sides.registry.register(consumer, sides.token);

    verifyOrder(
        producerStop,
        consumerStop,
        producerAdd,
        consumerAdd,
        producerDelete,
        consumerStart,
        producerStart);
  }

  @Test
  void aRefusingProducerKeepsTheConsumerUnaskedAndBothStart() {
    producer.does.result = 5;
    sides.registry.register(producer, sides.token);
    sides.registry.register(consumer, sides.token);

    verifyOrder(producerStop, consumerStop, producerAdd, consumerStart, producerStart);
  }

  /** Every callback throws in turn, in both phases of a pairing's life, on either side. */
  @ParameterizedTest
  @CsvSource({
    "p, STOP",
    "p, ADD",
    "p, DELETE",
    "p, START",
    "c, STOP",
    "c, ADD",
    "c, DELETE",
    "c, START"
  })
  void aFaultAtAnyStepLeavesTheRegistryUsable(String who, Callback where) {
    for (Throwable fault :
        List.of(
            new IllegalStateException("fault"),
            new AssertionError("fault"),
            new ErrnoException(Errno.EIO, "fault"))) {
      Sides own = new Sides(RegistryRules.LINUX_6_17);
      Sides.Producer p = own.producer("p");
      Sides.Consumer c = own.consumer("c");
      Runnable faulty =
          () -> {
            com.google.common.base.Throwables.throwIfUnchecked(fault);
          };
      BiConsumer<Sides.Behaviour, Runnable> set =
          (does, step) -> {
            switch (where) {
              case STOP -> does.onStop = step;
              case ADD -> does.onAdd = step;
              case DELETE -> does.onDelete = step;
              case START -> does.onStart = step;
            }
          };
      Sides.Behaviour does = who.equals("p") ? p.does : c.does;
      own.registry.register(p, own.token);
      if (where == Callback.DELETE) {
        own.registry.register(c, own.token);
        own.calls.clear();
        set.accept(does, faulty);
        Throwable thrown = assertThrows(Throwable.class, () -> own.registry.unregister(c));
        assertThat(thrown).isSameInstanceAs(fault);
        assertThat(own.calls)
            .containsExactly("p.stop", "c.stop", "c.del(p)", "p.del(c)", "c.start", "p.start")
            .inOrder();
      } else {
        set.accept(does, faulty);
        assertThrows(fault.getClass(), () -> own.registry.register(c, own.token));
        // What was stopped is started, what was added is deleted.
        assertThat(own.calls.subList(0, 2)).containsExactly("p.stop", "c.stop").inOrder();
        assertThat(own.calls).containsAtLeast("c.start", "p.start").inOrder();
        assertThat(own.calls.contains("c.del(p)")).isEqualTo(where == Callback.START);
        assertThat(own.calls.contains("p.del(c)"))
            .isEqualTo(where == Callback.START || (where == Callback.ADD && who.equals("c")));
      }
      assertThat(c.isRegistered()).isFalse();
      assertThat(own.registry.connected()).isEqualTo(0);
      set.accept(does, () -> {});

      // The fault over, the same two are paired and parted as if nothing had been.
      own.registry.register(c, own.token);
      assertThat(p.status().isBypassed()).isTrue();
      own.registry.unregister(p);
      own.registry.unregister(c);
      assertThat(own.registry.registered()).isEqualTo(0);
    }
  }

  @Test
  void laterFaultsDoNotHideTheFirst() {
    IllegalStateException first = new IllegalStateException("add");
    IllegalStateException second = new IllegalStateException("start");
    consumer.does.onAdd =
        () -> {
          throw first;
        };
    consumer.does.onStart =
        () -> {
          throw second;
        };
    sides.registry.register(producer, sides.token);

    Throwable thrown =
        assertThrows(
            IllegalStateException.class, () -> sides.registry.register(consumer, sides.token));
    assertThat(thrown).isSameInstanceAs(first);
    assertThat(thrown.getSuppressed()).asList().containsExactly(second);
  }
}
