package org.irqbypass.concurrency.lincheck;

import java.util.ArrayList;
import java.util.List;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.RemappedPlatform;
import org.irqbypass.host.Trigger;
import org.irqbypass.registry.BypassConsumer;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.BypassRegistry;
import org.irqbypass.registry.BypassToken;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.registry.LinuxPairing;
import org.irqbypass.registry.PrivateToken;
import org.irqbypass.registry.RegistryRules;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.work.DeterministicWorkQueue;
import org.irqbypass.work.ThreadWaiter;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jspecify.annotations.Nullable;

/**
 * The registry: two producers and two consumers come and go under two tokens (semantics 5). The
 * second consumer refuses whoever comes. Each call tells what it returned and whom it met.
 */
class RegistryTest extends Linearizability {
  RegistryTest() {
    super("registry register, unregister", Concurrent.class, Sequential.class);
  }

  /** The registry. */
  @Param(name = "side", gen = IntGen.class, conf = "0:1")
  @Param(name = "token", gen = IntGen.class, conf = "0:1")
  public static final class Concurrent {
    private final BypassToken[] tokens = {new PrivateToken("0"), new PrivateToken("1")};
    private final ThreadWaiter waiter = new ThreadWaiter();
    private final Tracepoints trace = Tracepoints.untimed();
    private final BypassRegistry registry =
        new BypassRegistry(
            RegistryRules.LINUX_6_17,
            new LinuxPairing(),
            new DeterministicWorkQueue(),
            waiter,
            trace);
    private final ThreadLocal<List<String>> met = ThreadLocal.withInitial(ArrayList::new);
    private final Producer[] producers = {new Producer(0), new Producer(1)};
    private final Consumer[] consumers = {new Consumer(0), new Consumer(1)};

    @Operation
    public String registerProducer(
        @Param(name = "side") int side, @Param(name = "token") int token) {
      return told(() -> registry.register(producers[side], tokens[token]));
    }

    @Operation
    public String registerConsumer(
        @Param(name = "side") int side, @Param(name = "token") int token) {
      return told(() -> registry.register(consumers[side], tokens[token]));
    }

    @Operation
    public String unregisterProducer(@Param(name = "side") int side) {
      return told(() -> registry.unregister(producers[side]));
    }

    @Operation
    public String unregisterConsumer(@Param(name = "side") int side) {
      return told(() -> registry.unregister(consumers[side]));
    }

    private String told(Runnable call) {
      met.get().clear();
      try {
        call.run();
        return "ok" + met.get();
      } catch (ErrnoException refused) {
        return refused.errno().toString() + met.get();
      }
    }

    private final class Producer extends BypassProducer {
      private final int number;

      Producer(int number) {
        super(
            new HostIrq(
                number, "irq", Trigger.EDGE, new RemappedPlatform("remapped"), waiter, trace),
            ConnectPolicy.OPPORTUNISTIC);
        this.number = number;
      }

      @Override
      protected void stop() {
        met.get().add("stop " + number);
      }

      @Override
      protected void start() {
        met.get().add("start " + number);
      }
    }

    private final class Consumer extends BypassConsumer {
      private final int number;

      Consumer(int number) {
        super(ConnectPolicy.OPPORTUNISTIC);
        this.number = number;
      }

      @Override
      protected int addProducer(BypassProducer producer) {
        met.get().add(number + " gets " + ((Producer) producer).number);
        if (number == 1) {
          throw new ErrnoException(Errno.ENOSPC, "refuses everybody");
        }
        return 0;
      }

      @Override
      protected void delProducer(BypassProducer producer) {
        met.get().add(number + " loses " + ((Producer) producer).number);
      }
    }
  }

  /** Two places for each token; who is in which. */
  public static final class Sequential {
    private final @Nullable Integer[] producerOf = new @Nullable Integer[2];
    private final @Nullable Integer[] consumerOf = new @Nullable Integer[2];

    public String registerProducer(int side, int token) {
      if (tokenOf(producerOf, side) >= 0) {
        return "EINVAL[]";
      }
      if (producerOf[token] != null) {
        return "EBUSY[]";
      }
      Integer consumer = consumerOf[token];
      if (consumer != null && consumer == 1) {
        return "ENOSPC" + met(side, consumer, "gets");
      }
      producerOf[token] = side;
      return "ok" + met(side, consumer, "gets");
    }

    public String registerConsumer(int side, int token) {
      if (tokenOf(consumerOf, side) >= 0) {
        return "EINVAL[]";
      }
      if (consumerOf[token] != null) {
        return "EBUSY[]";
      }
      Integer producer = producerOf[token];
      if (producer != null && side == 1) {
        return "ENOSPC" + met(producer, side, "gets");
      }
      consumerOf[token] = side;
      return "ok" + met(producer, side, "gets");
    }

    public String unregisterProducer(int side) {
      int token = tokenOf(producerOf, side);
      if (token < 0) {
        return "ok[]";
      }
      producerOf[token] = null;
      return "ok" + met(side, consumerOf[token], "loses");
    }

    public String unregisterConsumer(int side) {
      int token = tokenOf(consumerOf, side);
      if (token < 0) {
        return "ok[]";
      }
      consumerOf[token] = null;
      return "ok" + met(producerOf[token], side, "loses");
    }

    private static int tokenOf(@Nullable Integer[] places, int side) {
      for (int token = 0; token < places.length; token++) {
        Integer there = places[token];
        if (there != null && there == side) {
          return token;
        }
      }
      return -1;
    }

    private static String met(@Nullable Integer producer, @Nullable Integer consumer, String how) {
      return producer == null || consumer == null
          ? "[]"
          : List.of("stop " + producer, consumer + " " + how + " " + producer, "start " + producer)
              .toString();
    }
  }
}
