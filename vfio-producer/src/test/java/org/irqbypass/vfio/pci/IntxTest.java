package org.irqbypass.vfio.pci;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.vfio.IrqIndex.INTX;
import static org.irqbypass.vfio.IrqIndex.MSI;
import static org.irqbypass.vfio.IrqIndex.MSIX;
import static org.irqbypass.vfio.IrqSet.ACTION_MASK;
import static org.irqbypass.vfio.IrqSet.ACTION_TRIGGER;
import static org.irqbypass.vfio.IrqSet.ACTION_UNMASK;
import static org.irqbypass.vfio.IrqSet.DATA_BOOL;
import static org.irqbypass.vfio.IrqSet.DATA_EVENTFD;
import static org.irqbypass.vfio.IrqSet.DATA_NONE;
import static org.irqbypass.vfio.VfioHost.assertErrno;

import org.irqbypass.errno.Errno;
import org.irqbypass.host.Raise;
import org.irqbypass.vfio.IrqSet;
import org.irqbypass.vfio.VfioEvent;
import org.irqbypass.vfio.VfioHost;
import org.irqbypass.vfio.VfioInterrupt;
import org.junit.jupiter.api.Test;

/** PCI INTx (semantics 3.2). */
class IntxTest {
  private final VfioHost host = VfioHost.remapped();
  private final PciFunction function = host.function().build();
  private final VfioPciDevice nic = host.open(function);
  private final VfioInterrupt intx = nic.interrupt(INTX, 0);
  private final int trigger = host.eventfd();

  private void enable() {
    nic.setIrqs(IrqSet.trigger(INTX, 0, trigger));
  }

  private long taken(int fd) {
    return host.count(fd) == 0 ? 0 : host.context(fd).read();
  }

  @Test
  void firesOnceAndMasksItself() {
    enable();
    assertThat(function.assertIntx(true)).isEqualTo(Raise.HANDLED);
    function.assertIntx(true);

    assertThat(taken(trigger)).isEqualTo(1);
    assertThat(intx.isBeingHandled()).isTrue();
    assertThat(intx.isMasked()).isFalse();
    assertThat(function.command() & PciFunction.COMMAND_INTX_DISABLE).isNotEqualTo(0);
  }

  @Test
  void unmaskAfterTheDeviceWasServedFiresAgain() {
    enable();
    function.assertIntx(true);
    function.assertIntx(false);
    nic.setIrqs(IrqSet.unmask(INTX));
    assertThat(intx.isBeingHandled()).isFalse();
    assertThat(function.assertIntx(true)).isEqualTo(Raise.HANDLED);

    assertThat(taken(trigger)).isEqualTo(2);
  }

  @Test
  void unmaskWhileTheDeviceAssertsSignalsAndStaysMasked() {
    enable();
    function.assertIntx(true);
    assertThat(taken(trigger)).isEqualTo(1);
    host.record();
    nic.setIrqs(IrqSet.unmask(INTX));

    assertThat(taken(trigger)).isEqualTo(1);
    assertThat(intx.isBeingHandled()).isTrue();
    assertThat(host.events(VfioEvent.IntxHandler.class)).isEmpty();
    assertThat(host.events(VfioEvent.IntxUnmaskHandlerReturned.class))
        .containsExactly(new VfioEvent.IntxUnmaskHandlerReturned(nic, true));
  }

  @Test
  void maskAndUnmask() {
    enable();
    nic.setIrqs(IrqSet.mask(INTX));
    assertThat(intx.isMasked()).isTrue();
    assertThat(function.assertIntx(true)).isEqualTo(Raise.PENDING);
    assertThat(taken(trigger)).isEqualTo(0);
    nic.setIrqs(IrqSet.of(DATA_BOOL | ACTION_UNMASK, INTX, 0, 1).withBools(0));
    assertThat(intx.isMasked()).isTrue();
    nic.setIrqs(IrqSet.of(DATA_BOOL | ACTION_UNMASK, INTX, 0, 1).withBools(1));
    assertThat(taken(trigger)).isEqualTo(1);
    function.assertIntx(false);
    nic.setIrqs(IrqSet.unmask(INTX));
    nic.setIrqs(IrqSet.of(DATA_BOOL | ACTION_MASK, INTX, 0, 1).withBools(0));
    assertThat(intx.isMasked()).isFalse();
    nic.setIrqs(IrqSet.of(DATA_BOOL | ACTION_MASK, INTX, 0, 1).withBools(1));
    assertThat(intx.isMasked()).isTrue();
  }

  @Test
  void maskAndUnmaskNeedIntxToBeEnabled() {
    assertErrno(Errno.EINVAL, () -> nic.setIrqs(IrqSet.mask(INTX)));
    assertErrno(Errno.EINVAL, () -> nic.setIrqs(IrqSet.unmask(INTX)));
    assertErrno(Errno.EINVAL, () -> nic.setIrqs(IrqSet.unmaskBy(INTX, trigger)));
    nic.setIrqs(IrqSet.trigger(MSI, 0, trigger));
    assertErrno(Errno.EINVAL, () -> nic.setIrqs(IrqSet.mask(INTX)));
  }

  @Test
  void maskAndUnmaskNeedCountOne() {
    enable();
    assertErrno(Errno.EINVAL, () -> nic.setIrqs(IrqSet.of(DATA_NONE | ACTION_MASK, INTX, 0, 0)));
    assertErrno(Errno.EINVAL, () -> nic.setIrqs(IrqSet.of(DATA_NONE | ACTION_UNMASK, INTX, 0, 0)));
  }

  @Test
  void noEventfdMasks() {
    enable();
    assertErrno(Errno.ENOTTY, () -> nic.setIrqs(IrqSet.maskBy(INTX, trigger)));
    assertErrno(Errno.ENOTTY, () -> nic.setIrqs(IrqSet.maskBy(INTX, -1)));
  }

  @Test
  void anEventfdUnmasksAndTheSignalIsDeferred() {
    enable();
    int unmask = host.eventfd();
    nic.setIrqs(IrqSet.unmaskBy(INTX, unmask));
    function.assertIntx(true);
    assertThat(taken(trigger)).isEqualTo(1);
    host.context(unmask).write(3);

    assertThat(host.count(unmask)).isEqualTo(0);
    assertThat(host.count(trigger)).isEqualTo(0);
    host.work.runAll();
    assertThat(taken(trigger)).isEqualTo(1);
    assertThat(host.eventfds.lostSignals()).isEqualTo(0);
    function.assertIntx(false);
    host.context(unmask).write(1);
    host.work.runAll();
    assertThat(intx.isBeingHandled()).isFalse();
    assertThat(taken(trigger)).isEqualTo(0);
  }

  @Test
  void theSlotOfTheUnmaskEventfd() {
    enable();
    int unmask = host.eventfd();
    assertErrno(Errno.EBADF, () -> nic.setIrqs(IrqSet.unmaskBy(INTX, 99)));
    assertErrno(Errno.EINVAL, () -> nic.setIrqs(IrqSet.unmaskBy(INTX, host.notAnEventfd())));
    nic.setIrqs(IrqSet.unmaskBy(INTX, unmask));
    assertErrno(Errno.EBUSY, () -> nic.setIrqs(IrqSet.unmaskBy(INTX, unmask)));
    assertErrno(Errno.EBADF, () -> nic.setIrqs(IrqSet.unmaskBy(INTX, 99)));
    nic.setIrqs(IrqSet.unmaskBy(INTX, -1));
    nic.setIrqs(IrqSet.unmaskBy(INTX, -1));
    nic.setIrqs(IrqSet.unmaskBy(INTX, unmask));
  }

  @Test
  void oneEventfdAsTriggerAndUnmaskEnds() {
    enable();
    nic.setIrqs(IrqSet.unmaskBy(INTX, trigger));
    function.assertIntx(true);
    host.work.runAll();

    assertThat(intx.isBeingHandled()).isTrue();
    assertThat(host.count(trigger)).isEqualTo(0);
    function.assertIntx(false);
    nic.setIrqs(IrqSet.unmask(INTX));
    assertThat(intx.isBeingHandled()).isFalse();
  }

  /** Regression: each unmask signals the other's trigger, and the deferred work never ended. */
  @Test
  void twoInterruptsThatUnmaskEachOtherAreAnErrorNotAHang() {
    PciFunction second = host.function().build();
    VfioPciDevice other = host.open(second);
    int theirs = host.eventfd();
    enable();
    other.setIrqs(IrqSet.trigger(INTX, 0, theirs));
    nic.setIrqs(IrqSet.unmaskBy(INTX, theirs));
    other.setIrqs(IrqSet.unmaskBy(INTX, trigger));
    function.assertIntx(true);
    second.assertIntx(true);
    assertErrno(Errno.ELOOP, host.work::runAll);

    assertThat(intx.isBeingHandled()).isTrue();
    assertThat(other.interrupt(INTX, 0).isBeingHandled()).isTrue();
    function.assertIntx(false); // the devices are served, and the loop is over
    second.assertIntx(false);
    host.work.runAll();
    host.close(nic);
    host.close(other);
    assertThat(host.work.queued()).isEmpty();
    assertThat(host.registry.registered()).isEqualTo(0);
  }

  @Test
  void oneEventfdAsTriggerAndUnmaskEndsWithoutDisIntxToo() {
    PciFunction old = host.function().disIntx(false).build();
    VfioPciDevice device = host.open(old);
    device.setIrqs(IrqSet.trigger(INTX, 0, trigger));
    device.setIrqs(IrqSet.unmaskBy(INTX, trigger));
    old.assertIntx(true);
    host.work.runAll();
    assertThat(device.interrupt(INTX, 0).isBeingHandled()).isTrue();
  }

  @Test
  void withoutTriggerTheHandlerStaysInstalled() {
    nic.setIrqs(IrqSet.trigger(INTX, 0, -1));
    assertThat(intx.hostIrq()).isNotNull();
    assertThat(function.assertIntx(true)).isEqualTo(Raise.HANDLED);
    assertThat(intx.isBeingHandled()).isTrue();
    nic.setIrqs(IrqSet.loopBack(INTX, 0, 1)); // no trigger: nothing to signal
    enable();
    assertThat(taken(trigger)).isEqualTo(0);
    nic.setIrqs(IrqSet.unmask(INTX));
    assertThat(taken(trigger)).isEqualTo(1);
  }

  @Test
  void aSwapKeepsTheMask() {
    enable();
    function.assertIntx(true);
    int other = host.eventfd();
    nic.setIrqs(IrqSet.trigger(INTX, 0, other));
    assertThat(intx.isBeingHandled()).isTrue();
    nic.setIrqs(IrqSet.unmask(INTX));

    assertThat(taken(trigger)).isEqualTo(1);
    assertThat(taken(other)).isEqualTo(1);
  }

  @Test
  void aBadDescriptorChangesNothing() {
    assertErrno(Errno.EBADF, () -> nic.setIrqs(IrqSet.trigger(INTX, 0, 99)));
    assertThat(intx.hostIrq()).isNull();
    enable();
    assertErrno(Errno.EINVAL, () -> nic.setIrqs(IrqSet.trigger(INTX, 0, host.notAnEventfd())));
    nic.setIrqs(IrqSet.loopBack(INTX, 0, 1));
    assertThat(taken(trigger)).isEqualTo(1);
  }

  @Test
  void loopBack() {
    assertErrno(Errno.EINVAL, () -> nic.setIrqs(IrqSet.loopBack(INTX, 0, 1)));
    enable();
    nic.setIrqs(IrqSet.loopBack(INTX, 0, 1));
    nic.setIrqs(IrqSet.of(DATA_BOOL | ACTION_TRIGGER, INTX, 0, 1).withBools(0));
    nic.setIrqs(IrqSet.of(DATA_BOOL | ACTION_TRIGGER, INTX, 0, 1).withBools(1));
    nic.setIrqs(IrqSet.mask(INTX));
    nic.setIrqs(IrqSet.loopBack(INTX, 0, 1)); // also while masked
    assertThat(taken(trigger)).isEqualTo(3);
  }

  @Test
  void disableAndOtherTypes() {
    assertErrno(Errno.EINVAL, () -> nic.setIrqs(IrqSet.disable(INTX)));
    enable();
    assertErrno(Errno.EINVAL, () -> nic.setIrqs(IrqSet.trigger(MSIX, 0, trigger)));
    assertErrno(Errno.EINVAL, () -> nic.setIrqs(IrqSet.disable(MSIX)));
    nic.setIrqs(IrqSet.disable(INTX));
    assertThat(intx.hostIrq()).isNull();
    assertThat(intx.trigger()).isNull();
    assertErrno(Errno.EINVAL, () -> nic.setIrqs(IrqSet.disable(INTX)));
    nic.setIrqs(IrqSet.trigger(MSIX, 0, trigger));
    assertErrno(Errno.EINVAL, () -> nic.setIrqs(IrqSet.trigger(INTX, 0, trigger)));
  }

  @Test
  void noLineNoIntx() {
    VfioPciDevice unrouted = host.open(host.function().intxRouted(false).build());
    assertErrno(Errno.ENODEV, () -> unrouted.setIrqs(IrqSet.trigger(INTX, 0, trigger)));
    VfioPciDevice pinless = host.open(host.function().intx(false).build());
    assertErrno(Errno.EINVAL, () -> pinless.setIrqs(IrqSet.trigger(INTX, 0, trigger)));
  }

  @Test
  void disIntxInConfigSpaceMasksAndKeepsLoopBackQuiet() {
    enable();
    int command = nic.readConfig(4, 2);
    nic.writeConfig(4, 2, command | PciFunction.COMMAND_INTX_DISABLE);
    assertThat(nic.readConfig(4, 2)).isEqualTo(command | PciFunction.COMMAND_INTX_DISABLE);
    assertThat(intx.isMasked()).isTrue();
    function.assertIntx(true);
    nic.setIrqs(IrqSet.unmask(INTX)); // does nothing: disabled in config space
    nic.setIrqs(IrqSet.loopBack(INTX, 0, 1));
    assertThat(taken(trigger)).isEqualTo(0);
    assertThat(nic.readConfig(6, 2)).isEqualTo(1 << 3);
    nic.writeConfig(4, 2, command);
    assertThat(taken(trigger)).isEqualTo(1); // still asserted
  }

  @Test
  void disIntxBeforeTheEnableStartsMasked() {
    nic.writeConfig(5, 1, 0x04);
    enable();
    assertThat(intx.isMasked()).isTrue();
    function.assertIntx(true);
    assertThat(taken(trigger)).isEqualTo(0);
    nic.writeConfig(5, 1, 0);
    assertThat(taken(trigger)).isEqualTo(1);
  }

  @Test
  void theHandlersMaskIsNotSeenInConfigSpace() {
    enable();
    int before = nic.readConfig(4, 4);
    function.assertIntx(true);
    assertThat(nic.readConfig(4, 4)).isEqualTo(before | 1 << 19);
    assertThat(nic.readConfig(7, 1)).isEqualTo(0);
    assertThat(nic.readConfig(0x50, 4)).isEqualTo(0);
    nic.writeConfig(0x50, 4, -1);
    assertThat(nic.readConfig(4, 4)).isEqualTo(before | 1 << 19);
    assertErrno(Errno.EINVAL, () -> nic.readConfig(4, 3));
    assertErrno(Errno.EINVAL, () -> nic.writeConfig(-1, 4, 0));
  }

  @Test
  void aLevelThatIsHighAlreadyFiresWhenIntxIsEnabled() {
    function.assertIntx(true);
    enable();
    assertThat(taken(trigger)).isEqualTo(1);
  }

  @Test
  void theRecordedMachineLosesThatLevelUntilItFalls() {
    PciFunction emulated = host.function().losesLevelAtEnable(true).build();
    VfioPciDevice edu = host.open(emulated);
    emulated.assertIntx(true);
    edu.setIrqs(IrqSet.trigger(INTX, 0, trigger));
    assertThat(taken(trigger)).isEqualTo(0);
    emulated.assertIntx(true);
    assertThat(taken(trigger)).isEqualTo(0);
    emulated.assertIntx(false);
    emulated.assertIntx(true);
    assertThat(taken(trigger)).isEqualTo(1);
  }

  @Test
  void withoutDisIntxTheHostLineIsTheMask() {
    PciFunction old = host.function().disIntx(false).build();
    VfioPciDevice device = host.open(old);
    VfioInterrupt interrupt = device.interrupt(INTX, 0);
    device.setIrqs(IrqSet.trigger(INTX, 0, trigger));
    old.assertIntx(true);
    assertThat(taken(trigger)).isEqualTo(1);
    assertThat(interrupt.isBeingHandled()).isTrue();
    assertThat(old.intx().isDisabled()).isTrue();
    device.setIrqs(IrqSet.unmask(INTX)); // the line fires at once: no signal by hand
    assertThat(taken(trigger)).isEqualTo(1);
    old.assertIntx(false);
    device.setIrqs(IrqSet.unmask(INTX));
    assertThat(old.intx().isDisabled()).isFalse();
    device.setIrqs(IrqSet.mask(INTX));
    old.assertIntx(true);
    assertThat(taken(trigger)).isEqualTo(0);
    int unmask = host.eventfd();
    device.setIrqs(IrqSet.unmaskBy(INTX, unmask));
    host.context(unmask).write(1);
    host.work.runAll();
    assertThat(taken(trigger)).isEqualTo(1);
    assertThat(host.eventfds.lostSignals()).isEqualTo(0);
  }

  @Test
  void withoutDisIntxDisabledInConfigStartsWithTheLineDisabled() {
    PciFunction old = host.function().disIntx(false).build();
    VfioPciDevice device = host.open(old);
    device.writeConfig(5, 1, 0x04);
    device.setIrqs(IrqSet.trigger(INTX, 0, trigger));
    old.assertIntx(true);
    assertThat(taken(trigger)).isEqualTo(0);
    device.writeConfig(5, 1, 0);
    assertThat(taken(trigger)).isEqualTo(1);
  }

  @Test
  void closingDropsEverything() {
    enable();
    int unmask = host.eventfd();
    nic.setIrqs(IrqSet.unmaskBy(INTX, unmask));
    nic.setIrqs(IrqSet.mask(INTX));
    host.close(nic);
    assertThat(nic.isOpen()).isFalse();
    assertThat(intx.isMasked()).isFalse();
    assertThat(host.work.queued()).isEmpty();
    host.context(unmask).write(1);
    assertThat(host.count(unmask)).isEqualTo(1); // nobody waits on it
  }

  /** A model may drive the line of a device that has none: nothing comes of it. */
  @Test
  void aFunctionWithoutThePinAssertsNothing() {
    PciFunction silent = host.function().intx(false).build();
    VfioPciDevice device = host.open(silent);
    assertThat(silent.assertIntx(true)).isEqualTo(Raise.UNTRIGGERED);
    assertThat(silent.isIntxAsserted()).isFalse();
    assertErrno(Errno.EINVAL, () -> device.setIrqs(IrqSet.trigger(INTX, 0, trigger)));
  }

  /** One that somebody else drives, or nobody any more. */
  @Test
  void aLineThatTheFunctionDoesNotAssertIsNotClaimed() {
    enable();
    host.record();
    VfioHost.irq(nic, INTX, 0).setLine(true);

    assertThat(taken(trigger)).isEqualTo(0);
    assertThat(intx.isBeingHandled()).isFalse();
    assertThat(function.command() & PciFunction.COMMAND_INTX_DISABLE).isEqualTo(0);
    // Once: the host leaves a level alone that nobody claims.
    assertThat(host.events(VfioEvent.IntxHandlerReturned.class))
        .containsExactly(new VfioEvent.IntxHandlerReturned(nic, false));
  }

  @Test
  void enabledAgainItFiresAlthoughItWasLeftMasked() {
    enable();
    function.assertIntx(true);
    function.assertIntx(false);
    nic.setIrqs(IrqSet.disable(INTX));
    assertThat(function.command() & PciFunction.COMMAND_INTX_DISABLE).isNotEqualTo(0);
    enable();
    assertThat(function.assertIntx(true)).isEqualTo(Raise.HANDLED);
    assertThat(taken(trigger)).isEqualTo(2);
  }

  @Test
  void aTriggerNeedsCountOneUnlessItDisables() {
    IrqSet noEventfd = IrqSet.of(DATA_EVENTFD | ACTION_TRIGGER, INTX, 0, 0);
    IrqSet noByte = IrqSet.of(DATA_BOOL | ACTION_TRIGGER, INTX, 0, 0);
    assertErrno(Errno.EINVAL, () -> nic.setIrqs(noEventfd));
    assertErrno(Errno.EINVAL, () -> nic.setIrqs(noByte));
    enable();
    assertErrno(Errno.EINVAL, () -> nic.setIrqs(noEventfd));
    assertErrno(Errno.EINVAL, () -> nic.setIrqs(noByte));
    assertThat(intx.trigger()).isSameInstanceAs(host.context(trigger));
  }

  @Test
  void aWriteOfTheCommandRegisterThatLeavesDisIntxLeavesTheMask() {
    int command = nic.readConfig(4, 2);
    enable();
    nic.setIrqs(IrqSet.mask(INTX));
    nic.writeConfig(4, 2, command & ~PciFunction.COMMAND_MASTER);
    assertThat(intx.isMasked()).isTrue();
    nic.setIrqs(IrqSet.unmask(INTX));
    function.assertIntx(true);
    assertThat(taken(trigger)).isEqualTo(1);
    nic.writeConfig(4, 2, command);
    assertThat(taken(trigger)).isEqualTo(0); // no signal by hand, although it still asserts
  }

  @Test
  void disIntxIsTheHardwaresWhileIntxIsOff() {
    nic.writeConfig(5, 1, 0x04);
    assertThat(function.command() & PciFunction.COMMAND_INTX_DISABLE).isNotEqualTo(0);
    assertThat(function.assertIntx(true)).isEqualTo(Raise.PENDING);
    nic.writeConfig(5, 1, 0);
    assertThat(function.command() & PciFunction.COMMAND_INTX_DISABLE).isEqualTo(0);
    enable();
    assertThat(taken(trigger)).isEqualTo(1);
  }

  @Test
  void anUnmaskDoesNothingWhileIntxIsDisabledInConfigSpace() {
    for (boolean disIntx : new boolean[] {true, false}) {
      PciFunction own = host.function().disIntx(disIntx).build();
      VfioPciDevice device = host.open(own);
      VfioInterrupt interrupt = device.interrupt(INTX, 0);
      device.setIrqs(IrqSet.trigger(INTX, 0, trigger));
      device.writeConfig(5, 1, 0x04);
      device.setIrqs(IrqSet.unmask(INTX));
      assertThat(interrupt.isMasked()).isTrue();
      own.assertIntx(true);
      assertThat(interrupt.isBeingHandled()).isFalse();
      assertThat(taken(trigger)).isEqualTo(0);
      device.writeConfig(5, 1, 0);
      assertThat(taken(trigger)).isEqualTo(1);
      host.close(device);
    }
  }

  /** The work is another processor's here: it has run only if somebody waited for it. */
  @Test
  void aSwapWaitsForTheSignalThatAnUnmaskDeferred() {
    host.work.runElsewhere();
    enable();
    int unmask = host.eventfd();
    nic.setIrqs(IrqSet.unmaskBy(INTX, unmask));
    function.assertIntx(true);
    assertThat(taken(trigger)).isEqualTo(1);
    host.context(unmask).write(1);
    assertThat(host.work.queued()).hasSize(1);
    int other = host.eventfd();
    nic.setIrqs(IrqSet.trigger(INTX, 0, other));

    assertThat(host.work.queued()).isEmpty();
    assertThat(taken(trigger) + taken(other)).isEqualTo(1);
  }

  @Test
  void aDisableWaitsForTheLineThatAnUnmaskEnablesLater() {
    host.work.runElsewhere();
    PciFunction old = host.function().disIntx(false).build();
    VfioPciDevice device = host.open(old);
    device.setIrqs(IrqSet.trigger(INTX, 0, trigger));
    int unmask = host.eventfd();
    device.setIrqs(IrqSet.unmaskBy(INTX, unmask));
    old.assertIntx(true);
    old.assertIntx(false);
    host.context(unmask).write(1);
    assertThat(host.work.queued()).hasSize(1);
    device.setIrqs(IrqSet.disable(INTX));

    assertThat(host.work.queued()).isEmpty();
    device.setIrqs(IrqSet.trigger(INTX, 0, trigger));
    assertThat(old.assertIntx(true)).isEqualTo(Raise.HANDLED);
  }

  @Test
  void aChangeThatIsRefusedLeavesIntxTheTypeThatIsEnabled() {
    enable();
    assertErrno(Errno.EBADF, () -> nic.setIrqs(IrqSet.trigger(INTX, 0, 99)));
    assertErrno(Errno.EINVAL, () -> nic.setIrqs(IrqSet.trigger(MSIX, 0, trigger)));
    nic.setIrqs(IrqSet.disable(INTX));
    nic.setIrqs(IrqSet.trigger(MSIX, 0, trigger));
  }
}
