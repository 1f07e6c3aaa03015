package org.irqbypass.kvm.arm64;

import static com.google.common.truth.Truth.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.Raise;
import org.irqbypass.host.Trigger;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.work.ExecutorWorkQueue;
import org.irqbypass.work.ThreadWaiter;
import org.irqbypass.work.Waiter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Under real threads nothing is lost, nothing hangs, and the interrupt's way allocates nothing. */
@Timeout(60)
final class VgicConcurrencyTest {
  private static final int ROUNDS = 20_000;

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Waiter waiter = new ThreadWaiter();
  private final ArmHost host =
      new ArmHost(GicHardware.GICV3, new ExecutorWorkQueue(threads, waiter), waiter).withGic();
  private final Arm64Vcpu vcpu = host.vcpu(0);

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  private <T> Future<T> start(Callable<T> call) {
    return threads.submit(call);
  }

  @Test
  void theLastEdgeOfEachInterruptIsAlwaysTaken() throws Exception {
    for (int spi = 40; spi < 50; spi++) {
      host.vgic.configureSpi(spi, Trigger.EDGE, true);
    }
    AtomicBoolean done = new AtomicBoolean();
    Future<Integer> guest =
        start(
            () -> {
              int taken = 0;
              vcpu.enter();
              while (true) {
                boolean last = done.get();
                int intid = vcpu.take();
                if (intid >= 0) {
                  taken++;
                  vcpu.end(intid);
                } else if (last) {
                  vcpu.leave();
                  return taken;
                }
              }
            });
    Future<?> one = start(() -> raise(40, 45));
    Future<?> other = start(() -> raise(45, 50));
    one.get(50, TimeUnit.SECONDS);
    other.get(50, TimeUnit.SECONDS);
    done.set(true);

    assertThat(guest.get(50, TimeUnit.SECONDS)).isAtLeast(10);
    assertThat(vcpu.hasPending()).isFalse();
    for (int spi = 40; spi < 50; spi++) {
      assertThat(host.vgic.spiState(spi).pending()).isFalse();
      assertThat(host.vgic.spiState(spi).active()).isFalse();
    }
  }

  private Integer raise(int from, int to) {
    for (int i = 0; i < ROUNDS; i++) {
      for (int spi = from; spi < to; spi++) {
        var unused = host.vgic.inject(0, spi, true, null);
      }
    }
    return ROUNDS;
  }

  @Test
  void forwardedAndUnforwardedUnderFireEachAssertionIsTakenAndCompleted() throws Exception {
    HostIrq irq = host.interrupts.allocate("edge", Trigger.EDGE);
    int fd = host.eventfd();
    WiredProducer producer = new WiredProducer(irq, host.context(fd)).request();
    host.vgic.configureSpi(42, Trigger.EDGE, true);
    host.vm.irqfd(IrqfdRequest.assign(fd, 10));
    AtomicBoolean done = new AtomicBoolean();
    Future<Boolean> configuring =
        start(
            () -> {
              while (!done.get()) {
                try {
                  host.registry.register(producer, host.context(fd));
                } catch (ErrnoException busy) {
                  continue; // EAGAIN: it is active just now
                }
                host.registry.unregister(producer);
              }
              return true;
            });
    Future<Integer> device =
        start(
            () -> {
              for (int i = 0; i < ROUNDS; i++) {
                irq.raise();
              }
              return ROUNDS;
            });
    Future<Boolean> guest =
        start(
            () -> {
              vcpu.enter();
              while (true) {
                boolean last = done.get() && configuring.isDone();
                int intid = vcpu.take();
                if (intid >= 0) {
                  vcpu.end(intid);
                } else if (last) {
                  vcpu.leave();
                  return true;
                }
              }
            });
    device.get(50, TimeUnit.SECONDS);
    done.set(true);
    configuring.get(50, TimeUnit.SECONDS);
    guest.get(50, TimeUnit.SECONDS);

    assertThat(irq.isActive()).isFalse();
    assertThat(irq.isPending()).isFalse();
    assertThat(irq.isForwarded()).isFalse();
    assertThat(vcpu.hasPending()).isFalse();
    irq.raise();
    assertThat(vcpu.take()).isEqualTo(42);
  }

  @Test
  void aVirtualLpiIsMappedMovedAndDiscardedUnderFireAndTheLastOneIsTaken() throws Exception {
    ArmHost virtual =
        new ArmHost(GicHardware.GICV4, new ExecutorWorkQueue(threads, waiter), waiter).withIts(2);
    HostIrq irq = virtual.interrupts.allocateMessage("nic");
    int fd = virtual.eventfd();
    WiredProducer producer = new WiredProducer(irq, virtual.context(fd)).request();
    Its its = virtual.arm64.itses().get(0);
    its.execute(new ItsCommand.Mapd(32, 5, true));
    its.execute(new ItsCommand.Mapti(32, 0, 8192, 0));
    virtual.vm.setGsiRouting(List.of(RoutingEntry.msi(10, 0x08090040, 0, 32)), 0);
    virtual.vm.irqfd(IrqfdRequest.assign(fd, 10));
    AtomicBoolean done = new AtomicBoolean();
    Future<Boolean> configuring =
        start(
            () -> {
              while (!done.get()) {
                virtual.registry.register(producer, virtual.context(fd));
                virtual.registry.unregister(producer);
              }
              return true;
            });
    Future<Boolean> guest =
        start(
            () -> {
              while (!done.get()) {
                its.execute(new ItsCommand.Movi(32, 0, 1));
                its.execute(new ItsCommand.Discard(32, 0));
                its.execute(new ItsCommand.Mapti(32, 0, 8192, 0));
              }
              return true;
            });
    for (int i = 0; i < ROUNDS; i++) {
      irq.raise();
      if (i % 64 == 0) {
        virtual.run(i / 64 % 2);
      }
    }
    done.set(true);
    configuring.get(50, TimeUnit.SECONDS);
    guest.get(50, TimeUnit.SECONDS);

    assertThat(irq.isPosted()).isFalse();
    virtual.vm.irqfd(IrqfdRequest.deassign(fd, 10)); // waits for an injection that is under way
    virtual.vm.irqfd(IrqfdRequest.assign(fd, 10));
    assertThat(virtual.registry.register(producer, virtual.context(fd))).isEqualTo(0);
    virtual.run(0);
    virtual.run(1);
    assertThat(irq.raise()).isEqualTo(Raise.POSTED);
    assertThat(virtual.run(0)).containsExactly(8192);
    virtual.registry.unregister(producer);
    assertThat(irq.isPosted()).isFalse();
  }

  @Test
  void aVirtualLpiAllocatesNothing() {
    ArmHost virtual =
        new ArmHost(GicHardware.GICV4, new ExecutorWorkQueue(threads, waiter), waiter).withIts(1);
    HostIrq irq = virtual.interrupts.allocateMessage("nic");
    int fd = virtual.eventfd();
    WiredProducer producer = new WiredProducer(irq, virtual.context(fd)).request();
    virtual.arm64.itses().get(0).execute(new ItsCommand.Mapd(32, 5, true));
    virtual.arm64.itses().get(0).execute(new ItsCommand.Mapti(32, 0, 8192, 0));
    virtual.vm.setGsiRouting(List.of(RoutingEntry.msi(10, 0x08090040, 0, 32)), 0);
    virtual.vm.irqfd(IrqfdRequest.assign(fd, 10));
    assertThat(virtual.registry.register(producer, virtual.context(fd))).isEqualTo(0);
    Arm64Vcpu running = virtual.vcpu(0);
    running.enter();
    messages(irq, running); // everything is loaded and compiled

    ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = memory.getCurrentThreadAllocatedBytes();
    int taken = messages(irq, running);
    long allocated = memory.getCurrentThreadAllocatedBytes() - before;

    assertThat(taken).isEqualTo(ROUNDS);
    assertThat(allocated).isLessThan((long) ROUNDS);
  }

  private static int messages(HostIrq irq, Arm64Vcpu running) {
    int taken = 0;
    for (int i = 0; i < ROUNDS; i++) {
      irq.raise();
      int intid = running.take();
      running.end(intid);
      taken += intid == 8192 ? 1 : 0;
    }
    return taken;
  }

  @Test
  void aForwardedInterruptAllocatesNothing() {
    HostIrq irq = host.interrupts.allocate("uart", Trigger.LEVEL);
    int fd = host.eventfd();
    WiredProducer producer = new WiredProducer(irq, host.context(fd)).request();
    host.vgic.configureSpi(42, Trigger.LEVEL, true);
    host.vm.irqfd(IrqfdRequest.assign(fd, 10));
    assertThat(host.registry.register(producer, host.context(fd))).isEqualTo(0);
    vcpu.enter();
    interrupts(irq, ROUNDS); // everything is loaded and compiled

    ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = memory.getCurrentThreadAllocatedBytes();
    int taken = interrupts(irq, ROUNDS);
    long allocated = memory.getCurrentThreadAllocatedBytes() - before;

    assertThat(taken).isEqualTo(ROUNDS);
    // What measuring itself takes, spread over the rounds
    assertThat(allocated).isLessThan((long) ROUNDS);
  }

  private int interrupts(HostIrq irq, int count) {
    int taken = 0;
    for (int i = 0; i < count; i++) {
      irq.setLine(true);
      int intid = vcpu.take();
      irq.setLine(false);
      vcpu.end(intid);
      taken += intid == 42 ? 1 : 0;
    }
    return taken;
  }
}
