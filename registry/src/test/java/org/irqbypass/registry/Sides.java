package org.irqbypass.registry;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.irqbypass.errno.Errno;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.RemappedPlatform;
import org.irqbypass.host.Trigger;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.work.DeterministicWorkQueue;
import org.irqbypass.work.ThreadWaiter;
import org.irqbypass.work.Waiter;

/** A registry with sides whose callbacks a test sees and steers. */
final class Sides {
  final DeterministicWorkQueue queue = new DeterministicWorkQueue();
  final Waiter waiter;
  final Tracepoints trace = Tracepoints.untimed();
  final BypassRegistry registry;
  final BypassToken token = new PrivateToken("token");

  /** Every callback of every side, in order. */
  final List<String> calls = new ArrayList<>();

  Sides(RegistryRules rules) {
    this(rules, new LinuxPairing());
  }

  Sides(RegistryRules rules, Pairing pairing) {
    this(rules, pairing, new ThreadWaiter());
  }

  Sides(RegistryRules rules, Pairing pairing, Waiter waiter) {
    this.waiter = waiter;
    registry = new BypassRegistry(rules, pairing, queue, waiter, trace);
  }

  Producer producer(String name, ConnectPolicy policy) {
    return new Producer(name, policy);
  }

  Producer producer(String name) {
    return producer(name, ConnectPolicy.OPPORTUNISTIC);
  }

  Consumer consumer(String name, ConnectPolicy policy) {
    return new Consumer(name, policy);
  }

  Consumer consumer(String name) {
    return consumer(name, ConnectPolicy.OPPORTUNISTIC);
  }

  static BypassRefusal again() {
    return new BypassRefusal(Errno.EAGAIN, BypassReason.IRQ_ACTIVE, "the interrupt is active");
  }

  HostIrq hostIrq(String name) {
    return new HostIrq(24, name, Trigger.LEVEL, new RemappedPlatform("none"), waiter, trace);
  }

  /** What a side does when it is called. Steps by the names that {@link #calls} uses. */
  static final class Behaviour {
    final Set<Callback> missing = EnumSet.noneOf(Callback.class);
    int result;
    Runnable onAdd = () -> {};
    Runnable onDelete = () -> {};
    Runnable onStop = () -> {};
    Runnable onStart = () -> {};
    BypassReason reason = BypassReason.BYPASSED;

    Behaviour without(Callback... callbacks) {
      missing.addAll(List.of(callbacks));
      return this;
    }
  }

  final class Producer extends BypassProducer {
    final Behaviour does = new Behaviour();
    private final String name;

    Producer(String name, ConnectPolicy policy) {
      super(hostIrq(name), policy);
      this.name = name;
    }

    @Override
    protected boolean has(Callback callback) {
      return !does.missing.contains(callback);
    }

    @Override
    protected int addConsumer(BypassConsumer consumer) {
      calls.add(name + ".add(" + consumer + ")");
      does.onAdd.run();
      return does.result;
    }

    @Override
    protected void delConsumer(BypassConsumer consumer) {
      calls.add(name + ".del(" + consumer + ")");
      does.onDelete.run();
    }

    @Override
    protected void stop() {
      calls.add(name + ".stop");
      does.onStop.run();
    }

    @Override
    protected void start() {
      calls.add(name + ".start");
      does.onStart.run();
    }

    @Override
    protected BypassReason connectedReason() {
      return does.reason;
    }

    @Override
    public String toString() {
      return name;
    }
  }

  final class Consumer extends BypassConsumer {
    final Behaviour does = new Behaviour();
    private final String name;

    Consumer(String name, ConnectPolicy policy) {
      super(policy);
      this.name = name;
    }

    @Override
    protected boolean has(Callback callback) {
      return !does.missing.contains(callback);
    }

    @Override
    protected int addProducer(BypassProducer producer) {
      calls.add(name + ".add(" + producer + ")");
      does.onAdd.run();
      return does.result;
    }

    @Override
    protected void delProducer(BypassProducer producer) {
      calls.add(name + ".del(" + producer + ")");
      does.onDelete.run();
    }

    @Override
    protected void stop() {
      calls.add(name + ".stop");
      does.onStop.run();
    }

    @Override
    protected void start() {
      calls.add(name + ".start");
      does.onStart.run();
    }

    @Override
    protected BypassReason connectedReason() {
      return does.reason;
    }

    @Override
    public String toString() {
      return name;
    }
  }
}
