package org.irqbypass.vfio.platform;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.vfio.IrqSet.ACTION_MASK;
import static org.irqbypass.vfio.IrqSet.ACTION_TRIGGER;
import static org.irqbypass.vfio.IrqSet.ACTION_UNMASK;
import static org.irqbypass.vfio.IrqSet.DATA_BOOL;
import static org.irqbypass.vfio.IrqSet.DATA_EVENTFD;
import static org.irqbypass.vfio.IrqSet.DATA_NONE;
import static org.irqbypass.vfio.VfioHost.assertErrno;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import org.irqbypass.errno.Errno;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.Trigger;
import org.irqbypass.vfio.DeviceInfo;
import org.irqbypass.vfio.IrqInfo;
import org.irqbypass.vfio.IrqSet;
import org.irqbypass.vfio.VfioEvent;
import org.irqbypass.vfio.VfioHost;
import org.irqbypass.vfio.VfioInterrupt;
import org.junit.jupiter.api.Test;

/** Wired interrupts of platform devices (semantics 3.5 and 3.6). */
class PlatformTest {
  private final VfioHost host = VfioHost.remapped();
  private final HostIrq irq = host.interrupts.allocate("vfio-irq[0](uart)", Trigger.LEVEL);
  private final VfioPlatformDevice uart =
      new VfioPlatformDevice(host.vfio, "uart", ImmutableList.of(new PlatformIrq(irq)));
  private final int descriptor = host.open(uart);
  private final VfioInterrupt interrupt = uart.interrupt(0, 0);
  private final int trigger = host.eventfd();

  private void enable() {
    uart.setIrqs(IrqSet.trigger(0, 0, trigger));
  }

  private long taken(int fd) {
    return host.count(fd) == 0 ? 0 : host.context(fd).read();
  }

  @Test
  void info() {
    assertThat(uart.info(20)).isEqualTo(new DeviceInfo(20, DeviceInfo.FLAG_PLATFORM, 1, 1));
    assertThat(uart.irqInfo(0, 16)).isEqualTo(new IrqInfo(16, 7, 0, 1));
    assertErrno(Errno.EINVAL, () -> uart.irqInfo(1, 16));
    VfioPlatformDevice amba =
        new VfioPlatformDevice(host.vfio, "pl031", ImmutableList.of(), true, () -> {});
    host.open(amba);
    assertThat(amba.info(20)).isEqualTo(new DeviceInfo(20, 9, 1, 0));
    VfioPlatformDevice edge = host.openPlatform(Trigger.EDGE);
    assertThat(edge.irqInfo(0, 16).flags()).isEqualTo(IrqInfo.FLAG_EVENTFD);
  }

  @Test
  void aLevelFiresOnceAndAgainAtTheUnmask() {
    enable();
    irq.setLine(true);
    irq.setLine(true);
    assertThat(taken(trigger)).isEqualTo(1);
    assertThat(interrupt.isBeingHandled()).isTrue();
    uart.setIrqs(IrqSet.unmask(0));
    assertThat(taken(trigger)).isEqualTo(1);
    irq.setLine(false);
    uart.setIrqs(IrqSet.unmask(0));
    uart.setIrqs(IrqSet.unmask(0));
    assertThat(interrupt.isBeingHandled()).isFalse();
    assertThat(taken(trigger)).isEqualTo(0);
  }

  @Test
  void theMaskDoesNotNestAndSurvivesTriggers() {
    uart.setIrqs(IrqSet.mask(0));
    uart.setIrqs(IrqSet.mask(0));
    enable();
    irq.setLine(true);
    uart.setIrqs(IrqSet.disable(0));
    enable();
    assertThat(taken(trigger)).isEqualTo(0);
    assertThat(interrupt.isMasked()).isTrue();
    uart.setIrqs(IrqSet.unmask(0));
    assertThat(taken(trigger)).isEqualTo(1);
  }

  @Test
  void maskDoesNothingWhileTheInterruptIsBeingHandled() {
    enable();
    irq.setLine(true);
    uart.setIrqs(IrqSet.mask(0));
    assertThat(interrupt.isMasked()).isFalse();
    irq.setLine(false);
    uart.setIrqs(IrqSet.unmask(0));
    irq.setLine(true);
    assertThat(taken(trigger)).isEqualTo(2);
  }

  @Test
  void anEdgeOnlySignalsAndCannotBeMasked() {
    VfioPlatformDevice edge = host.openPlatform(Trigger.EDGE);
    HostIrq wire = VfioHost.irq(edge, 0, 0);
    assertErrno(Errno.EINVAL, () -> edge.setIrqs(IrqSet.mask(0)));
    assertErrno(Errno.EINVAL, () -> edge.setIrqs(IrqSet.unmask(0)));
    assertErrno(Errno.EINVAL, () -> edge.setIrqs(IrqSet.unmaskBy(0, -1)));
    wire.setLine(true); // latched by the interrupt controller
    wire.setLine(false);
    edge.setIrqs(IrqSet.trigger(0, 0, trigger));
    assertThat(taken(trigger)).isEqualTo(1);
    wire.setLine(true);
    wire.setLine(false);
    wire.setLine(true);
    assertThat(taken(trigger)).isEqualTo(2);
    host.record();
    edge.setIrqs(IrqSet.loopBack(0, 0, 1));
    assertThat(taken(trigger)).isEqualTo(1);
    assertThat(host.events(VfioEvent.IrqHandlerReturned.class)).hasSize(1);
  }

  @Test
  void ranges() {
    assertErrno(Errno.EINVAL, () -> uart.setIrqs(IrqSet.of(DATA_NONE | ACTION_MASK, 0, 0, 0)));
    assertErrno(Errno.EINVAL, () -> uart.setIrqs(IrqSet.of(DATA_NONE | ACTION_UNMASK, 0, 0, 0)));
    assertErrno(Errno.EINVAL, () -> uart.setIrqs(IrqSet.of(DATA_BOOL | ACTION_TRIGGER, 0, 0, 0)));
    assertErrno(
        Errno.EINVAL, () -> uart.setIrqs(IrqSet.of(DATA_EVENTFD | ACTION_TRIGGER, 0, 0, 0)));
    assertErrno(Errno.ENOTTY, () -> uart.setIrqs(IrqSet.of(DATA_NONE, 0, 0, 1)));
    assertThat(uart.setIrqs(IrqSet.disable(0))).isEqualTo(0);
  }

  @Test
  void loopBackRunsTheRealHandler() {
    enable();
    host.record();
    uart.setIrqs(IrqSet.loopBack(0, 0, 1));
    assertThat(taken(trigger)).isEqualTo(1);
    uart.setIrqs(IrqSet.loopBack(0, 0, 1)); // masked by the one before
    uart.setIrqs(IrqSet.of(DATA_BOOL | ACTION_TRIGGER, 0, 0, 1).withBools(0));
    assertThat(taken(trigger)).isEqualTo(0);
    assertThat(host.events(VfioEvent.AutomaskedIrqHandlerReturned.class))
        .containsExactly(
            new VfioEvent.AutomaskedIrqHandlerReturned(interrupt, true),
            new VfioEvent.AutomaskedIrqHandlerReturned(interrupt, false))
        .inOrder();
    irq.setLine(true);
    assertThat(taken(trigger)).isEqualTo(0);
    uart.setIrqs(IrqSet.unmask(0));
    assertThat(taken(trigger)).isEqualTo(1);
  }

  @Test
  void aBadDescriptorLeavesNoTrigger() {
    enable();
    assertErrno(Errno.EBADF, () -> uart.setIrqs(IrqSet.trigger(0, 0, 99)));
    assertThat(interrupt.trigger()).isNull();
    irq.setLine(true);
    assertThat(taken(trigger)).isEqualTo(0);
    enable();
    assertThat(taken(trigger)).isEqualTo(1);
  }

  @Test
  void aSwapDoesNotLoseALevel() {
    enable();
    int other = host.eventfd();
    uart.setIrqs(IrqSet.trigger(0, 0, -1));
    irq.setLine(true);
    uart.setIrqs(IrqSet.trigger(0, 0, other));
    assertThat(taken(trigger)).isEqualTo(0);
    assertThat(taken(other)).isEqualTo(1);
  }

  @Test
  void eventfdsMaskAndUnmask() {
    enable();
    int mask = host.eventfd();
    int unmask = host.eventfd();
    uart.setIrqs(IrqSet.maskBy(0, mask));
    uart.setIrqs(IrqSet.unmaskBy(0, unmask));
    assertErrno(Errno.EBUSY, () -> uart.setIrqs(IrqSet.maskBy(0, unmask)));
    host.context(mask).write(1);
    assertThat(interrupt.isMasked()).isTrue();
    irq.setLine(true);
    host.context(unmask).write(1);
    host.work.runAll(); // the line fires after the wake-up, not inside it
    assertThat(taken(trigger)).isEqualTo(1);
    assertThat(host.eventfds.lostSignals()).isEqualTo(0);
    uart.setIrqs(IrqSet.maskBy(0, -1));
    uart.setIrqs(IrqSet.unmaskBy(0, -1));
    host.context(unmask).write(1);
    host.work.runAll();
    assertThat(host.count(unmask)).isEqualTo(1);
    assertThat(interrupt.isBeingHandled()).isTrue();
  }

  @Test
  void anEventfdWrittenBeforeIsHonouredAndNotConsumed() {
    enable();
    irq.setLine(true);
    taken(trigger);
    int unmask = host.eventfd(2);
    uart.setIrqs(IrqSet.unmaskBy(0, unmask));
    host.work.runAll();
    assertThat(taken(trigger)).isEqualTo(1);
    assertThat(host.count(unmask)).isEqualTo(2);
  }

  @Test
  void closingTheUnmaskEventfdFreesItsSlot() {
    int unmask = host.eventfd();
    uart.setIrqs(IrqSet.unmaskBy(0, unmask));
    host.record();
    host.descriptors.close(unmask);
    host.work.runAll();
    assertThat(host.events(VfioEvent.VirqfdShutdown.class)).hasSize(1);
    uart.setIrqs(IrqSet.unmaskBy(0, host.eventfd()));
  }

  /** Linux 6.1 never returns from this (semantics 13.12). */
  @Test
  void oneEventfdAsTriggerAndUnmaskOfAHighLineEnds() {
    enable();
    uart.setIrqs(IrqSet.unmaskBy(0, trigger));
    irq.setLine(true);
    host.work.runAll();
    assertThat(interrupt.isBeingHandled()).isTrue();
    irq.setLine(false);
    uart.setIrqs(IrqSet.unmask(0));
    uart.setIrqs(IrqSet.loopBack(0, 0, 1)); // the line being low, it unmasks itself
    host.work.runAll();
    assertThat(interrupt.isBeingHandled()).isFalse();
  }

  @Test
  void aRequestThatFailedAtOpenIsToldByEachCallOnThatIndex() {
    HostIrq busy = host.interrupts.allocate("shared", Trigger.LEVEL);
    HostIrq free = host.interrupts.allocate("own", Trigger.LEVEL);
    busy.request(any -> true, true);
    VfioPlatformDevice device =
        new VfioPlatformDevice(
            host.vfio, "two", ImmutableList.of(new PlatformIrq(busy), new PlatformIrq(free)));
    host.open(device);
    assertErrno(Errno.EBUSY, () -> device.setIrqs(IrqSet.trigger(0, 0, trigger)));
    assertErrno(Errno.EBUSY, () -> device.setIrqs(IrqSet.disable(0)));
    assertErrno(Errno.EBUSY, () -> device.setIrqs(IrqSet.of(DATA_NONE, 0, 0, 1)));
    assertThat(device.setIrqs(IrqSet.trigger(1, 0, trigger))).isEqualTo(0);
  }

  @Test
  void closeForgetsTheMaskAndDetachesEventfds() {
    enable();
    int unmask = host.eventfd();
    uart.setIrqs(IrqSet.unmaskBy(0, unmask));
    uart.setIrqs(IrqSet.mask(0));
    host.descriptors.close(descriptor);
    assertThat(irq.isRequested()).isFalse();
    assertThat(interrupt.hostIrq()).isNull();
    assertThat(interrupt.isMasked()).isFalse();
    assertThat(interrupt.trigger()).isNull();
    irq.setLine(true);
    host.open(new VfioPlatformDevice(host.vfio, "again", ImmutableList.of(new PlatformIrq(irq))));
    host.context(unmask).write(1);
    assertThat(host.count(unmask)).isEqualTo(1);
  }

  @Test
  void resetAtOpenCloseAndOnRequest() {
    int[] resets = {0};
    VfioPlatformDevice device =
        new VfioPlatformDevice(
            host.vfio,
            "pl031",
            ImmutableList.of(new PlatformIrq(host.interrupts.allocate("alarm", Trigger.LEVEL))),
            true,
            () -> resets[0]++);
    int fd = host.open(device);
    device.reset();
    host.descriptors.close(fd);
    assertThat(resets[0]).isEqualTo(3);
    assertErrno(Errno.EINVAL, uart::reset);
  }

  /** By the functions of the kernel that run, in their order. */
  @Test
  void maskingAndUnmaskingAreToldWhoeverAsksForThem() {
    int mask = host.eventfd();
    int unmask = host.eventfd();
    enable();
    uart.setIrqs(IrqSet.maskBy(0, mask));
    uart.setIrqs(IrqSet.unmaskBy(0, unmask));
    host.record();
    irq.setLine(true);
    irq.setLine(false);
    uart.setIrqs(IrqSet.unmask(0));
    uart.setIrqs(IrqSet.mask(0));
    host.context(unmask).signal();
    host.context(mask).signal();
    host.work.runAll(); // nothing was left to be done outside the wake-ups

    assertThat(host.events(VfioEvent.class))
        .containsExactly(
            new VfioEvent.AutomaskedIrqHandler(interrupt),
            new VfioEvent.AutomaskedIrqHandlerReturned(interrupt, true),
            new VfioEvent.PlatformUnmask(interrupt),
            new VfioEvent.PlatformMask(interrupt),
            new VfioEvent.PlatformUnmaskHandler(interrupt),
            new VfioEvent.PlatformUnmask(interrupt),
            new VfioEvent.PlatformMaskHandler(interrupt),
            new VfioEvent.PlatformMask(interrupt))
        .inOrder();
  }

  @Test
  void whatTheDeviceLacksIsNoInterrupt() {
    assertThat(uart.interrupt(0, 0)).isSameInstanceAs(interrupt);
    assertErrno(Errno.EINVAL, () -> uart.interrupt(1, 0));
    assertErrno(Errno.EINVAL, () -> uart.interrupt(-1, 0));
    assertErrno(Errno.EINVAL, () -> uart.interrupt(0, 1));
  }

  @Test
  void closingTheUnmaskEventfdUnmasksNothing() {
    enable();
    int unmask = host.eventfd();
    uart.setIrqs(IrqSet.unmaskBy(0, unmask));
    uart.setIrqs(IrqSet.mask(0));
    host.descriptors.close(unmask);
    host.work.runAll();
    assertThat(interrupt.isMasked()).isTrue();
  }

  /** The work is another processor's here: it has run only if somebody waited for it. */
  @Test
  void aCloseWaitsForTheLineThatAnUnmaskEnablesLater() {
    host.work.runElsewhere();
    enable();
    int unmask = host.eventfd();
    uart.setIrqs(IrqSet.unmaskBy(0, unmask));
    irq.setLine(true);
    irq.setLine(false);
    host.context(unmask).write(1);
    assertThat(host.work.queued()).hasSize(1);
    host.descriptors.close(descriptor);
    assertThat(host.work.queued()).isEmpty();
    assertThat(irq.isDisabled()).isFalse();
  }

  /** Nor is one lost that another processor masks before the handler looks, and unmasks after. */
  @Test
  void anUnmaskWhileTheHandlerStillRunsLetsAHighLineFireAgain() {
    for (boolean claimed : new boolean[] {true, false}) {
      VfioHost own = VfioHost.remapped();
      VfioPlatformDevice device = own.openPlatform(Trigger.LEVEL);
      HostIrq line = VfioHost.irq(device, 0, 0);
      int eventfd = own.eventfd();
      device.setIrqs(IrqSet.trigger(0, 0, eventfd));
      List<Boolean> mine = new ArrayList<>();
      own.trace.listen(
          (nanos, event) -> {
            if (event instanceof VfioEvent.AutomaskedIrqHandler && !claimed && mine.isEmpty()) {
              device.setIrqs(IrqSet.mask(0));
            } else if (event instanceof VfioEvent.AutomaskedIrqHandlerReturned returned) {
              mine.add(returned.claimed());
              if (mine.size() == 1) {
                device.setIrqs(IrqSet.unmask(0));
              }
            }
          });
      line.setLine(true);
      assertThat(mine).containsExactly(claimed, true).inOrder();
      assertThat(own.count(eventfd)).isEqualTo(claimed ? 2 : 1);
      assertThat(device.interrupt(0, 0).isBeingHandled()).isTrue();
      assertThat(own.trace.failures()).isEqualTo(0);
    }
  }
}
