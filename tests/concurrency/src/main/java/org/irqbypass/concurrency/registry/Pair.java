package org.irqbypass.concurrency.registry;

import org.irqbypass.concurrency.SpinningWaits;
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
import org.irqbypass.work.Waiter;

/** A producer and a consumer of one token, neither of them registered. */
class Pair {
  private final Tracepoints trace = Tracepoints.untimed();
  private final BypassToken token = new PrivateToken("token");
  final DeterministicWorkQueue work = new DeterministicWorkQueue();
  final BypassRegistry registry;
  final Producer producer;
  final Consumer consumer = new Consumer();

  /** Finds the consumer's place taken. */
  final Consumer latecomer = new Consumer();

  Pair() {
    this(new SpinningWaits());
  }

  Pair(Waiter waiter) {
    registry =
        new BypassRegistry(RegistryRules.LINUX_6_17, new LinuxPairing(), work, waiter, trace);
    producer =
        new Producer(
            new HostIrq(1, "irq", Trigger.EDGE, new RemappedPlatform("remapped"), waiter, trace));
  }

  final String register(BypassProducer side) {
    return told(() -> registry.register(side, token));
  }

  final String register(BypassConsumer side) {
    return told(() -> registry.register(side, token));
  }

  private static String told(Runnable call) {
    try {
      call.run();
      return "ok";
    } catch (ErrnoException refused) {
      return refused.errno().toString();
    }
  }

  /** Refuses while its interrupt is active, or it is busy otherwise. */
  static final class Producer extends BypassProducer {
    boolean busy;

    Producer(HostIrq irq) {
      super(irq, ConnectPolicy.RETRY);
    }

    @Override
    protected int addConsumer(BypassConsumer consumer) {
      if (busy || irq().isActive()) {
        throw new ErrnoException(Errno.EAGAIN, "the interrupt is active");
      }
      return 0;
    }
  }

  /** Counts. */
  static final class Consumer extends BypassConsumer {
    int given;
    int taken;

    Consumer() {
      super(ConnectPolicy.RETRY);
    }

    @Override
    protected int addProducer(BypassProducer producer) {
      SpinningWaits.aMoment();
      given++;
      return 0;
    }

    @Override
    protected void delProducer(BypassProducer producer) {
      taken++;
    }
  }
}
