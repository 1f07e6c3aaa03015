package org.irqbypass.faults;

import com.google.common.collect.ImmutableList;
import java.util.HashMap;
import java.util.Map;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.RemappedPlatform;
import org.irqbypass.host.Trigger;
import org.irqbypass.registry.BypassConsumer;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.registry.PrivateToken;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.work.ThreadWaiter;

/** A producer and a consumer whose callbacks do what a test says. */
final class ProbedSides {
  /** All callbacks, in the order of a connect and a disconnect. */
  static final ImmutableList<String> CALLBACKS =
      ImmutableList.of(
          "producer.stop",
          "consumer.stop",
          "producer.addConsumer",
          "consumer.addProducer",
          "consumer.start",
          "producer.start",
          "consumer.delProducer",
          "producer.delConsumer");

  final PrivateToken token = new PrivateToken("a token");
  final Producer producer;
  final Consumer consumer;

  /** What the consumer says to a producer. */
  int answer;

  private final Map<String, Runnable> actions = new HashMap<>();

  /** How many callbacks have stopped a side and not started it yet. */
  int stopped;

  /** How many have accepted a peer and not forgotten it yet. */
  int accepted;

  ProbedSides() {
    this(ConnectPolicy.OPPORTUNISTIC);
  }

  ProbedSides(ConnectPolicy policy) {
    HostIrq irq =
        new HostIrq(
            1,
            "probed",
            Trigger.EDGE,
            new RemappedPlatform("none"),
            new ThreadWaiter(),
            Tracepoints.untimed());
    producer = new Producer(irq, policy);
    consumer = new Consumer(policy);
  }

  /** From now on a callback does something more. */
  void inCallback(String name, Runnable action) {
    actions.put(name, action);
  }

  /** From now on callbacks do nothing more. */
  void calm() {
    actions.clear();
  }

  private void act(String name) {
    Runnable action = actions.get(name);
    if (action != null) {
      action.run();
    }
  }

  /** The producer. */
  final class Producer extends BypassProducer {
    Producer(HostIrq irq, ConnectPolicy policy) {
      super(irq, policy);
    }

    @Override
    protected void stop() {
      stopped++;
      act("producer.stop");
    }

    @Override
    protected void start() {
      stopped--;
      act("producer.start");
    }

    @Override
    protected int addConsumer(BypassConsumer comer) {
      act("producer.addConsumer");
      accepted++;
      return 0;
    }

    @Override
    protected void delConsumer(BypassConsumer goer) {
      accepted--;
      act("producer.delConsumer");
    }
  }

  /** The consumer. */
  final class Consumer extends BypassConsumer {
    Consumer(ConnectPolicy policy) {
      super(policy);
    }

    @Override
    protected void stop() {
      stopped++;
      act("consumer.stop");
    }

    @Override
    protected void start() {
      stopped--;
      act("consumer.start");
    }

    @Override
    protected int addProducer(BypassProducer comer) {
      act("consumer.addProducer");
      if (answer == 0) {
        accepted++;
      }
      return answer;
    }

    @Override
    protected void delProducer(BypassProducer goer) {
      accepted--;
      act("consumer.delProducer");
    }
  }
}
