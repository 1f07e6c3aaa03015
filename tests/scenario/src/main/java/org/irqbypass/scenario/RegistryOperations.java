package org.irqbypass.scenario;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.Trigger;
import org.irqbypass.registry.BypassConsumer;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.BypassRegistry;
import org.irqbypass.registry.BypassSide;
import org.irqbypass.registry.BypassToken;
import org.irqbypass.registry.Callback;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.registry.PrivateToken;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.jspecify.annotations.Nullable;

/**
 * The operation {@code byp}: the registry called directly. A teardown leaves the slots as they are:
 * it closes descriptors, and a slot is none.
 */
final class RegistryOperations implements Fingerprinted {
  private static final int SLOTS = 8;

  private final SimulatedHost host;
  private final @Nullable Producer[] producers = new Producer[SLOTS];
  private final @Nullable Consumer[] consumers = new Consumer[SLOTS];

  /** No device is behind it, so that it is all producers'. */
  private @Nullable HostIrq irq;

  /** How often the device behind a slot raised, and who delivered that. */
  private final int[] raised = new int[SLOTS];

  private final int[] bypassed = new int[SLOTS];
  private final int[] byHost = new int[SLOTS];
  private final Map<Long, BypassToken> tokens = new HashMap<>();
  private List<String> calls = new ArrayList<>();

  RegistryOperations(SimulatedHost host) {
    this.host = host;
  }

  void addTo(Map<String, OperationHandler> handlers) {
    handlers.put("byp", this::run);
  }

  private void run(Operation op, Reply reply) {
    calls = new ArrayList<>();
    int slot = op.u32("slot");
    if (slot < 0 || slot >= SLOTS) {
      throw op.wrong("slot", "0 to " + (SLOTS - 1));
    }
    try {
      reply.ret(call(op, slot, reply));
    } finally {
      reply.out("calls", calls);
    }
  }

  private int call(Operation op, int slot, Reply reply) {
    BypassRegistry registry = host.registry();
    switch (op.text("cmd")) {
      case "rp" -> {
        Producer producer = producers[slot];
        if (producer == null || !producer.isRegistered()) {
          producer = new Producer(slot, op.text("flags", ""), irq());
          producers[slot] = producer;
        }
        return registry.register(producer, token(op));
      }
      case "rc" -> {
        Consumer consumer = consumers[slot];
        if (consumer == null || !consumer.isRegistered()) {
          consumer = new Consumer(slot, op.text("flags", ""));
          consumers[slot] = consumer;
        }
        return registry.register(consumer, token(op));
      }
      case "up" -> {
        Producer producer = producers[slot];
        if (producer == null) {
          producer = new Producer(slot, op.text("flags", ""), irq());
          producers[slot] = producer;
        }
        registry.unregister(producer);
        return 0;
      }
      case "uc" -> {
        Consumer consumer = consumers[slot];
        if (consumer == null) {
          consumer = new Consumer(slot, op.text("flags", ""));
          consumers[slot] = consumer;
        }
        registry.unregister(consumer);
        return 0;
      }
      case "raise" -> {
        raise(slot, reply);
        return 0;
      }
      default -> throw op.wrong("cmd", "rp, up, rc, uc or raise");
    }
  }

  /** A device raises: the producer's peer gets it, or the host; nobody while it is stopped. */
  private void raise(int slot, Reply reply) {
    Producer producer = producers[slot];
    raised[slot]++;
    if (producer == null || producer.peer() == null) {
      byHost[slot]++;
    } else if (producer.stops == 0) {
      bypassed[slot]++;
    }
    reply.out("raised", raised[slot]);
    reply.out("bypassed", bypassed[slot]);
    reply.out("host", byHost[slot]);
  }

  private HostIrq irq() {
    HostIrq known = irq;
    if (known == null) {
      known = host.interrupts().allocate("byp", Trigger.EDGE);
      irq = known;
    }
    return known;
  }

  /** Of a side that is not registered nothing remains: the next registration makes a new one. */
  @Override
  public void writeTo(FingerprintSink sink) {
    for (int slot = 0; slot < SLOTS; slot++) {
      sink.putReference(registered(producers[slot])).putReference(registered(consumers[slot]));
      sink.put(raised[slot]).put(bypassed[slot]).put(byHost[slot]);
    }
  }

  private static @Nullable BypassSide registered(@Nullable BypassSide side) {
    return side != null && side.isRegistered() ? side : null;
  }

  private @Nullable BypassToken token(Operation op) {
    long number = op.integer("token", 0);
    return number == 0 ? null : tokens.computeIfAbsent(number, n -> new PrivateToken("token" + n));
  }

  private int add(String call, BypassSide peer, String flags) {
    int errno = flags.indexOf('F') >= 0 ? 5 : flags.indexOf('G') >= 0 ? 28 : 0;
    calls.add(call + "(" + peer + ")=" + -errno);
    if (errno != 0) {
      throw new ErrnoException(
          errno == 5 ? Errno.EIO : Errno.ENOSPC, call + " fails as it was told");
    }
    return 0;
  }

  /** Whether a side has a callback: a letter among its flags leaves one out. */
  private static boolean has(Callback callback, String flags, char add, char delete) {
    char letter =
        switch (callback) {
          case ADD -> add;
          case DELETE -> delete;
          case STOP -> 's';
          case START -> 't';
        };
    return flags.indexOf(letter) < 0;
  }

  /** A producer that writes down what is called. */
  private final class Producer extends BypassProducer {
    private final String name;
    private final String flags;

    /** How often it was stopped and not started. */
    private int stops;

    Producer(int slot, String flags, HostIrq irq) {
      super(irq, ConnectPolicy.OPPORTUNISTIC);
      this.name = "prod" + slot;
      this.flags = flags;
    }

    @Override
    protected boolean has(Callback callback) {
      return RegistryOperations.has(callback, flags, 'a', 'd');
    }

    @Override
    protected void stop() {
      stops++;
      calls.add(name + ".stop");
    }

    @Override
    protected void start() {
      stops--;
      calls.add(name + ".start");
    }

    @Override
    protected int addConsumer(BypassConsumer consumer) {
      return add(name + ".add_consumer", consumer, flags);
    }

    @Override
    protected void delConsumer(BypassConsumer consumer) {
      calls.add(name + ".del_consumer(" + consumer + ")");
    }

    @Override
    public void writeTo(FingerprintSink sink) {
      super.writeTo(sink);
      sink.put(stops);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /** A consumer that writes down what is called. */
  private final class Consumer extends BypassConsumer {
    private final String name;
    private final String flags;

    Consumer(int slot, String flags) {
      super(ConnectPolicy.OPPORTUNISTIC);
      this.name = "cons" + slot;
      this.flags = flags;
    }

    @Override
    protected boolean has(Callback callback) {
      return RegistryOperations.has(callback, flags, 'A', 'D');
    }

    @Override
    protected void stop() {
      calls.add(name + ".stop");
    }

    @Override
    protected void start() {
      calls.add(name + ".start");
    }

    @Override
    protected int addProducer(BypassProducer producer) {
      return add(name + ".add_producer", producer, flags);
    }

    @Override
    protected void delProducer(BypassProducer producer) {
      calls.add(name + ".del_producer(" + producer + ")");
    }

    @Override
    public String toString() {
      return name;
    }
  }
}
