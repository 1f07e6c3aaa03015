package org.irqbypass.vfio;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.vfio.IrqIndex.INTX;
import static org.irqbypass.vfio.IrqIndex.MSIX;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.Trigger;
import org.irqbypass.vfio.pci.PciFunction;
import org.irqbypass.vfio.pci.VfioPciDevice;
import org.irqbypass.vfio.platform.VfioPlatformDevice;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What an interrupt may cost, and that configuring does not lose any. */
class InterruptWayTest {
  private static final int ROUNDS = 20_000;

  private static long allocatedBy(Runnable interrupt) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    for (int i = 0; i < ROUNDS; i++) {
      interrupt.run();
    }
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < ROUNDS; i++) {
      interrupt.run();
    }
    return threads.getCurrentThreadAllocatedBytes() - before;
  }

  @Test
  void aMessageAllocatesNothing() {
    VfioHost host = VfioHost.remapped();
    PciFunction function = host.function().build();
    host.open(function).setIrqs(IrqSet.trigger(MSIX, 0, host.eventfd()));
    assertThat(allocatedBy(() -> function.raiseMsix(0))).isLessThan((long) ROUNDS);
  }

  @Test
  void intxAllocatesNothing() {
    VfioHost host = VfioHost.remapped();
    PciFunction function = host.function().build();
    VfioPciDevice nic = host.open(function);
    nic.setIrqs(IrqSet.trigger(INTX, 0, host.eventfd()));
    int unmask = host.eventfd();
    nic.setIrqs(IrqSet.unmaskBy(INTX, unmask));
    EventfdContext resample = host.context(unmask);
    assertThat(
            allocatedBy(
                () -> {
                  function.assertIntx(true);
                  function.assertIntx(false);
                  resample.signal();
                }))
        .isLessThan((long) ROUNDS);
  }

  @Test
  void aWireAllocatesNothing() {
    VfioHost host = VfioHost.remapped();
    VfioPlatformDevice uart = host.openPlatform(Trigger.EDGE);
    HostIrq wire = VfioHost.irq(uart, 0, 0);
    uart.setIrqs(IrqSet.trigger(0, 0, host.eventfd()));
    assertThat(allocatedBy(wire::raise)).isLessThan((long) ROUNDS);
  }

  /** MSI-X's pending bit catches what arrives while the trigger is being changed. */
  @Tag("threads")
  @Test
  @Timeout(30)
  void noMsixIsLostWhileItsTriggerIsSwapped() throws Exception {
    VfioHost host = VfioHost.threaded();
    PciFunction function = host.function().build();
    VfioPciDevice nic = host.open(function);
    int first = host.eventfd();
    int second = host.eventfd();
    nic.setIrqs(IrqSet.trigger(MSIX, 0, first));
    ExecutorService device = Executors.newSingleThreadExecutor();
    try {
      for (int round = 0; round < 500; round++) {
        long before = host.count(first) + host.count(second);
        Future<?> raised = device.submit(() -> function.raiseMsix(0));
        nic.setIrqs(IrqSet.trigger(MSIX, 0, round % 2 == 0 ? second : first));
        raised.get(10, TimeUnit.SECONDS);
        assertThat(host.count(first) + host.count(second)).isEqualTo(before + 1);
      }
    } finally {
      device.shutdownNow();
    }
  }

  /** A level is never forgotten: whatever masks and unmasks race, the last unmask sees it. */
  @Tag("threads")
  @Test
  @Timeout(30)
  void noLevelIsLostWhileMasksRaceWithIt() throws Exception {
    VfioHost host = VfioHost.threaded();
    VfioPlatformDevice uart = host.openPlatform(Trigger.LEVEL);
    HostIrq wire = VfioHost.irq(uart, 0, 0);
    int trigger = host.eventfd();
    uart.setIrqs(IrqSet.trigger(0, 0, trigger));
    ExecutorService device = Executors.newSingleThreadExecutor();
    try {
      for (int round = 0; round < 500; round++) {
        Future<?> raised = device.submit(() -> wire.setLine(true));
        uart.setIrqs(IrqSet.mask(0));
        uart.setIrqs(IrqSet.unmask(0));
        raised.get(10, TimeUnit.SECONDS);
        uart.setIrqs(IrqSet.unmask(0));
        assertThat(host.context(trigger).read()).isAtLeast(1L);
        wire.setLine(false);
        uart.setIrqs(IrqSet.unmask(0));
        assertThat(wire.isDisabled()).isFalse();
        if (host.count(trigger) != 0) {
          host.context(trigger).read();
        }
      }
    } finally {
      device.shutdownNow();
    }
  }

  /** Regression: a slot whose eventfd was closed while it was attached stayed taken for ever. */
  @Tag("threads")
  @Test
  @Timeout(30)
  void anEventfdThatIsClosedWhileItIsAttachedFreesTheSlot() throws Exception {
    VfioHost host = VfioHost.threaded();
    Virqfd slot = new Virqfd(host.vfio, "a slot", () -> false, () -> {});
    ExecutorService userspace = Executors.newSingleThreadExecutor();
    try {
      for (int round = 0; round < 5_000; round++) {
        int fd = host.eventfd();
        AtomicBoolean go = new AtomicBoolean();
        Future<?> closed =
            userspace.submit(
                () -> {
                  while (!go.get()) {
                    Thread.onSpinWait();
                  }
                  host.descriptors.close(fd);
                });
        go.set(true);
        try {
          slot.enable(fd);
        } catch (ErrnoException closedBefore) {
          assertThat(closedBefore.errno()).isEqualTo(Errno.EBADF);
        }
        closed.get(10, TimeUnit.SECONDS);
        host.work.runAll();
        assertThat(slot.isEnabled()).isFalse();
      }
    } finally {
      userspace.shutdownNow();
    }
  }

  /** SET_IRQS excludes SET_IRQS: the igate. */
  @Tag("threads")
  @Test
  @Timeout(30)
  void callsOnOneDeviceExcludeEachOther() throws Exception {
    VfioHost host = VfioHost.threaded();
    VfioPciDevice nic = host.openNic();
    int[] fds = {host.eventfd(), host.eventfd(), host.eventfd(), host.eventfd()};
    ExecutorService threads = Executors.newFixedThreadPool(fds.length);
    try {
      Future<?>[] done = new Future<?>[fds.length];
      nic.setIrqs(IrqSet.trigger(MSIX, 0, -1, -1, -1, -1));
      for (int i = 0; i < fds.length; i++) {
        int vector = i;
        done[i] =
            threads.submit(
                () -> {
                  for (int round = 0; round < 300; round++) {
                    nic.setIrqs(IrqSet.trigger(MSIX, vector, fds[vector]));
                    nic.setIrqs(IrqSet.trigger(MSIX, vector, -1));
                  }
                });
      }
      for (Future<?> one : done) {
        one.get(20, TimeUnit.SECONDS);
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(host.registry.registered()).isEqualTo(0);
  }
}
