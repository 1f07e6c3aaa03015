package org.irqbypass.registry;

import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.RemappedPlatform;
import org.irqbypass.host.Trigger;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.work.DeterministicWorkQueue;
import org.irqbypass.work.ThreadWaiter;
import org.irqbypass.work.Waiter;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.Validate;
import org.jspecify.annotations.Nullable;

/**
 * The registry as Lincheck exercises it: two producers and two consumers come and go under one
 * token, from several threads. The second producer refuses whoever comes, as one does whose
 * interrupt is active. Each call tells what it returned and whom it was paired with or parted from.
 */
@Param(name = "which", gen = IntGen.class, conf = "0:1")
public class RegistryProtocol {
  private final BypassToken token = new PrivateToken("token");
  private final Producer[] producers;
  private final Consumer[] consumers;
  private final BypassRegistry registry;

  /** Whom the thread's call has met. */
  private final ThreadLocal<@Nullable String> met = new ThreadLocal<>();

  /** With Linux's steps of pairing. */
  public RegistryProtocol() {
    this(new LinuxPairing());
  }

  private RegistryProtocol(Pairing pairing) {
    Waiter waiter = new ThreadWaiter();
    Tracepoints trace = Tracepoints.untimed();
    registry =
        new BypassRegistry(
            RegistryRules.LINUX_6_17, pairing, new DeterministicWorkQueue(), waiter, trace);
    producers = new Producer[2];
    consumers = new Consumer[2];
    for (int i = 0; i < 2; i++) {
      producers[i] =
          new Producer(
              i,
              new HostIrq(
                  i, "irq", Trigger.EDGE, new RemappedPlatform("x86-remapped"), waiter, trace));
      consumers[i] = new Consumer(i);
    }
  }

  /** With 13.2. */
  public static final class DanglingProducer extends RegistryProtocol {
    /** Puts the bug in. */
    public DanglingProducer() {
      super(PairingBugs.danglingProducer(new LinuxPairing()));
    }
  }

  /** With 13.4. */
  public static final class EntryLeftBehind extends RegistryProtocol {
    /** Puts the bug in. */
    public EntryLeftBehind() {
      super(PairingBugs.entryLeftBehind(new LinuxPairing()));
    }
  }

  /** With 13.5. */
  public static final class StartSkipped extends RegistryProtocol {
    /** Puts the bug in. */
    public StartSkipped() {
      super(PairingBugs.startSkipped(new LinuxPairing()));
    }
  }

  @Operation
  public String registerProducer(@Param(name = "which") int which) {
    return told(() -> registry.register(producers[which], token));
  }

  @Operation
  public String unregisterProducer(@Param(name = "which") int which) {
    return told(() -> registry.unregister(producers[which]));
  }

  @Operation
  public String registerConsumer(@Param(name = "which") int which) {
    return told(() -> registry.register(consumers[which], token));
  }

  @Operation
  public String unregisterConsumer(@Param(name = "which") int which) {
    return told(() -> registry.unregister(consumers[which]));
  }

  private String told(Runnable call) {
    met.set("");
    try {
      call.run();
      return "ok" + met.get();
    } catch (ErrnoException refused) {
      return refused.errno().toString();
    }
  }

  /** When nobody calls: who was stopped was started, and a consumer knows its peer only. */
  @Validate
  public void balanced() {
    for (Producer producer : producers) {
      check(producer.stopped == 0, producer + " is stopped");
    }
    for (Consumer consumer : consumers) {
      check(consumer.stopped == 0, consumer + " is stopped");
      check(consumer.known == consumer.peer(), consumer + " knows " + consumer.known);
    }
  }

  private static void check(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalStateException(otherwise);
    }
  }

  /** A producer; the second one refuses. */
  private static final class Producer extends BypassProducer {
    private final int number;
    private int stopped;

    Producer(int number, HostIrq irq) {
      super(irq, ConnectPolicy.OPPORTUNISTIC);
      this.number = number;
    }

    @Override
    protected void stop() {
      stopped++;
    }

    @Override
    protected void start() {
      stopped--;
    }

    @Override
    protected int addConsumer(BypassConsumer consumer) {
      if (number == 1) {
        throw new ErrnoException(Errno.EAGAIN, this + " is active");
      }
      return 0;
    }

    @Override
    public String toString() {
      return "producer " + number;
    }
  }

  /** A consumer, which remembers its producer. */
  private final class Consumer extends BypassConsumer {
    private final int number;
    private int stopped;
    private @Nullable BypassProducer known;

    Consumer(int number) {
      super(ConnectPolicy.OPPORTUNISTIC);
      this.number = number;
    }

    @Override
    protected void stop() {
      stopped++;
    }

    @Override
    protected void start() {
      stopped--;
    }

    @Override
    protected int addProducer(BypassProducer producer) {
      known = producer;
      met.set(": " + producer + " with " + this);
      return 0;
    }

    @Override
    protected void delProducer(BypassProducer producer) {
      known = null;
      met.set(": " + producer + " without " + this);
    }

    @Override
    public String toString() {
      return "consumer " + number;
    }
  }

  /** What each call has to tell, if calls come one after the other. */
  public static final class Sequential {
    private int producer = -1;
    private int consumer = -1;

    /** Begins with nobody. */
    public Sequential() {}

    public String registerProducer(int which) {
      if (producer >= 0) {
        return producer == which ? "EINVAL" : "EBUSY";
      }
      if (consumer >= 0 && which == 1) {
        return "EAGAIN";
      }
      producer = which;
      return "ok" + met("with");
    }

    public String registerConsumer(int which) {
      if (consumer >= 0) {
        return consumer == which ? "EINVAL" : "EBUSY";
      }
      if (producer == 1) {
        return "EAGAIN";
      }
      consumer = which;
      return "ok" + met("with");
    }

    public String unregisterProducer(int which) {
      if (producer != which) {
        return "ok";
      }
      String told = "ok" + met("without");
      producer = -1;
      return told;
    }

    public String unregisterConsumer(int which) {
      if (consumer != which) {
        return "ok";
      }
      String told = "ok" + met("without");
      consumer = -1;
      return told;
    }

    private String met(String how) {
      return producer < 0 || consumer < 0
          ? ""
          : ": producer " + producer + " " + how + " consumer " + consumer;
    }
  }
}
