package org.irqbypass.benchmarks.measure;

import java.util.ArrayList;
import java.util.List;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.PostedPlatform;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.Vm;
import org.irqbypass.registry.BypassConsumer;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.BypassRegistry;
import org.irqbypass.registry.BypassToken;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.registry.PrivateToken;
import org.openjdk.jol.info.ClassLayout;
import org.openjdk.jol.info.GraphLayout;

/** What a pairing and an irqfd occupy, by JOL. */
public final class Footprint {
  private static final int PAIRS = 10_000;

  private Footprint() {}

  /** A producer without a field of its own. */
  private static final class BareProducer extends BypassProducer {
    BareProducer(HostIrq irq) {
      super(irq, ConnectPolicy.OPPORTUNISTIC);
    }
  }

  /** A consumer without a field of its own. */
  private static final class BareConsumer extends BypassConsumer {
    BareConsumer() {
      super(ConnectPolicy.OPPORTUNISTIC);
    }

    @Override
    protected int addProducer(BypassProducer producer) {
      return 0;
    }

    @Override
    protected void delProducer(BypassProducer producer) {}
  }

  /**
   * What a registered, connected pair takes of the registry, besides what the registry's base
   * classes add to the caller's own objects.
   *
   * @return bytes for each pair
   */
  public static double beyondTheCallersObjects() {
    X86Host host = new X86Host(new PostedPlatform("x86-posted"));
    BypassRegistry registry = host.kernel.registry();
    HostIrq irq = host.interrupts.allocateMessage("nic");
    List<Object> own = new ArrayList<>();
    for (int i = 0; i < PAIRS; i++) {
      own.add(new PrivateToken("token"));
      own.add(new BareProducer(irq));
      own.add(new BareConsumer());
    }
    long before = GraphLayout.parseInstance(registry, own).totalSize();
    for (int i = 0; i < own.size(); i += 3) {
      BypassToken token = (BypassToken) own.get(i);
      var unused = registry.register((BypassProducer) own.get(i + 1), token);
      var unusedToo = registry.register((BypassConsumer) own.get(i + 2), token);
    }
    Check.equal(registry.connected(), PAIRS, "pairings");
    return (double) (GraphLayout.parseInstance(registry, own).totalSize() - before) / PAIRS;
  }

  /**
   * The smallest producer, consumer and token that there can be: what the registry's base classes
   * take, object headers included.
   *
   * @return bytes for each pair
   */
  public static long ofTheBaseClasses() {
    return ClassLayout.parseClass(BareProducer.class).instanceSize()
        + ClassLayout.parseClass(BareConsumer.class).instanceSize()
        + ClassLayout.parseClass(PrivateToken.class).instanceSize();
  }

  /**
   * What an irqfd that is paired takes besides its eventfd and its producer.
   *
   * @return bytes for each irqfd
   */
  public static double ofAnIrqfd() {
    X86Host host = new X86Host(new PostedPlatform("x86-posted"));
    Vm vm = host.vm(1);
    List<Object> own = new ArrayList<>();
    int[] fds = new int[PAIRS];
    for (int i = 0; i < PAIRS; i++) {
      EventfdContext eventfd = host.eventfd();
      fds[i] = host.install(eventfd);
      own.add(eventfd);
      own.add(MessageSource.of(host, i));
    }
    long before = GraphLayout.parseInstance(vm, own).totalSize();
    for (int i = 0; i < PAIRS; i++) {
      vm.irqfd(IrqfdRequest.assign(fds[i], i));
      var unused =
          host.kernel
              .registry()
              .register((MessageSource) own.get(2 * i + 1), (EventfdContext) own.get(2 * i));
    }
    Check.equal(host.kernel.registry().connected(), PAIRS, "pairings");
    return (double) (GraphLayout.parseInstance(vm, own).totalSize() - before) / PAIRS;
  }
}
