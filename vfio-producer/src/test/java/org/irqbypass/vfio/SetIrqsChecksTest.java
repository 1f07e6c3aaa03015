package org.irqbypass.vfio;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.vfio.IrqSet.ACTION_MASK;
import static org.irqbypass.vfio.IrqSet.ACTION_TRIGGER;
import static org.irqbypass.vfio.IrqSet.ACTION_UNMASK;
import static org.irqbypass.vfio.IrqSet.DATA_BOOL;
import static org.irqbypass.vfio.IrqSet.DATA_EVENTFD;
import static org.irqbypass.vfio.IrqSet.DATA_NONE;
import static org.irqbypass.vfio.VfioHost.assertErrno;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.vfio.pci.VfioPciDevice;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The checks that every SET_IRQS passes, in their order (semantics 3.1). */
class SetIrqsChecksTest {
  private final VfioHost host = VfioHost.remapped();
  private final VfioPciDevice nic = host.openNic();

  private void refused(Errno errno, IrqSet set) {
    assertErrno(errno, () -> nic.setIrqs(set));
    assertErrno(errno, () -> nic.setIrqs(set.write()));
  }

  /** By row 2, which names all that was asked for, and not by a later one with the same errno. */
  private void unreadable(IrqSet set) {
    refused(Errno.EINVAL, set);
    assertThat(assertThrows(ErrnoException.class, () -> nic.setIrqs(set)))
        .hasMessageThat()
        .isEqualTo("EINVAL: nic cannot read " + set);
    assertThat(set.toString())
        .contains("start=" + Integer.toUnsignedString(set.start()) + " count=");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 4, 19})
  void row1aHeaderThatIsNotAllThere(int size) {
    assertErrno(Errno.EFAULT, () -> nic.setIrqs(ByteBuffer.allocate(size)));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 19})
  void row2argszBelowTheHeader(int argsz) {
    unreadable(IrqSet.disable(IrqIndex.INTX).withArgsz(argsz));
  }

  @ParameterizedTest
  @ValueSource(ints = {5, 255, -1})
  void row2anIndexTheDeviceLacks(int index) {
    unreadable(IrqSet.loopBack(index, 0, 1));
  }

  @ParameterizedTest
  @CsvSource({"0,-1", "-1,0", "-1,1", "1,-2", "-2,1"})
  void row2startAndCountBeyondU32(int start, int count) {
    unreadable(IrqSet.loopBack(IrqIndex.MSIX, start, count));
  }

  @ParameterizedTest
  @ValueSource(ints = {1 << 6, 1 << 31})
  void row2unknownFlags(int flag) {
    unreadable(IrqSet.of(DATA_NONE | ACTION_TRIGGER | flag, IrqIndex.MSIX, 0, 1));
  }

  @ParameterizedTest
  @CsvSource({"8,0", "8,1", "0,9", "7,2", "100,1"})
  void row3rangeBeyondTheIndex(int start, int count) {
    IrqSet beyond = IrqSet.loopBack(IrqIndex.MSIX, start, count);
    refused(Errno.EINVAL, beyond);
    assertThat(assertThrows(ErrnoException.class, () -> nic.setIrqs(beyond)))
        .hasMessageThat()
        .contains("beyond the 8 interrupts of this index of nic");
  }

  @Test
  void row3anIndexWithoutInterruptsRefusesEvenADisable() {
    VfioPciDevice noMsi = host.open(host.function().msi(0).build());
    assertErrno(Errno.EINVAL, () -> noMsi.setIrqs(IrqSet.disable(IrqIndex.MSI)));
  }

  @Test
  void row3errOfADeviceThatIsNotPcie() {
    VfioPciDevice conventional = host.open(host.function().pcie(false).build());
    assertErrno(Errno.EINVAL, () -> conventional.setIrqs(IrqSet.loopBack(IrqIndex.ERR, 0, 1)));
    // Row 3 comes before the action is looked at.
    assertErrno(Errno.EINVAL, () -> conventional.setIrqs(IrqSet.mask(IrqIndex.ERR)));
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        0,
        DATA_NONE | DATA_BOOL,
        DATA_BOOL | DATA_EVENTFD,
        DATA_NONE | DATA_BOOL | DATA_EVENTFD
      })
  void row4notExactlyOneKindOfData(int data) {
    refused(
        Errno.EINVAL,
        IrqSet.of(data | ACTION_TRIGGER, IrqIndex.MSIX, 0, 1).withFds(host.eventfd()));
  }

  @Test
  void row5argszTooSmallForTheData() {
    refused(Errno.EINVAL, IrqSet.trigger(IrqIndex.MSIX, 0, host.eventfd(), 0).withArgsz(20 + 7));
    refused(
        Errno.EINVAL, IrqSet.of(DATA_BOOL | ACTION_TRIGGER, IrqIndex.MSIX, 0, 3).withBools(1, 1));
  }

  @Test
  void row6dataThatIsNotAllThere() {
    refused(
        Errno.EFAULT, IrqSet.trigger(IrqIndex.MSIX, 0, host.eventfd(), 0).withFds(3).withArgsz(28));
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        0,
        ACTION_MASK | ACTION_TRIGGER,
        ACTION_MASK | ACTION_UNMASK,
        ACTION_MASK | ACTION_UNMASK | ACTION_TRIGGER
      })
  void row7notExactlyOneAction(int actions) {
    for (int index = 0; index < IrqIndex.COUNT; index++) {
      refused(Errno.ENOTTY, IrqSet.of(DATA_NONE | actions, index, 0, 1));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {IrqIndex.MSI, IrqIndex.MSIX, IrqIndex.ERR, IrqIndex.REQ})
  void row7masksThatAnIndexDoesNotHave(int index) {
    refused(Errno.ENOTTY, IrqSet.mask(index));
    refused(Errno.ENOTTY, IrqSet.unmask(index));
  }

  @Test
  void anEarlierRowWins() {
    // argsz (2) before range (3) before data (4) before size (5) before action (7)
    refused(Errno.EINVAL, IrqSet.mask(IrqIndex.MSIX).withArgsz(0));
    refused(Errno.EINVAL, IrqSet.of(DATA_NONE, IrqIndex.MSIX, 8, 1));
    refused(Errno.EINVAL, IrqSet.of(DATA_BOOL, IrqIndex.MSIX, 0, 1));
    refused(Errno.ENOTTY, IrqSet.of(DATA_NONE, IrqIndex.MSIX, 0, 1));
  }

  @Test
  void aClosedDeviceHasNoDescriptor() {
    VfioPciDevice closed = new VfioPciDevice(host.vfio, "closed", host.function().build());
    assertErrno(Errno.EBADF, () -> closed.setIrqs(IrqSet.disable(IrqIndex.INTX)));
    assertErrno(Errno.EBADF, () -> closed.setIrqs(IrqSet.disable(IrqIndex.INTX).write()));
    assertErrno(Errno.EBADF, () -> closed.info(20));
    assertErrno(Errno.EBADF, () -> closed.irqInfo(0, 16));
    assertErrno(Errno.EBADF, closed::reset);
  }

  @Test
  void theBinaryFormIsTheTypedForm() {
    IrqSet set = IrqSet.trigger(IrqIndex.MSIX, 3, 7, -1);
    ByteBuffer bytes = set.write();

    assertThat(bytes.order(ByteOrder.nativeOrder()).asIntBuffer().get(0)).isEqualTo(28);
    assertThat(bytes.getInt(4)).isEqualTo(DATA_EVENTFD | ACTION_TRIGGER);
    assertThat(bytes.getInt(8)).isEqualTo(IrqIndex.MSIX);
    assertThat(bytes.getInt(12)).isEqualTo(3);
    assertThat(bytes.getInt(16)).isEqualTo(2);
    assertThat(bytes.getInt(20)).isEqualTo(7);
    assertThat(bytes.getInt(24)).isEqualTo(-1);

    IrqSet back = IrqSet.read(bytes);
    assertThat(back.toString()).isEqualTo(set.toString());
    assertThat(back.fd(0)).isEqualTo(7);
    assertThat(back.fd(1)).isEqualTo(-1);
    assertThat(bytes.position()).isEqualTo(0);
  }

  @Test
  void theBinaryFormWorks() {
    int fd = host.eventfd();
    assertThat(nic.setIrqs(IrqSet.trigger(IrqIndex.MSIX, 0, fd).write())).isEqualTo(0);
    nic.setIrqs(IrqSet.loopBack(IrqIndex.MSIX, 0, 1).write());
    nic.setIrqs(IrqSet.of(DATA_BOOL | ACTION_TRIGGER, IrqIndex.MSIX, 0, 1).withBools(2).write());
    nic.setIrqs(IrqSet.of(DATA_BOOL | ACTION_TRIGGER, IrqIndex.MSIX, 0, 1).withBools(0).write());

    assertThat(host.count(fd)).isEqualTo(2);
  }

  @Test
  void deviceInfo() {
    assertThat(nic.info(20)).isEqualTo(new DeviceInfo(20, 3, 9, 5));
    assertThat(nic.info(16).argsz()).isEqualTo(16);
    assertThat(nic.info(-1).irqs()).isEqualTo(5);
    assertErrno(Errno.EINVAL, () -> nic.info(15));
    VfioPciDevice stubborn = host.open(host.function().resettable(false).build());
    assertThat(stubborn.info(20).flags()).isEqualTo(DeviceInfo.FLAG_PCI);
    assertErrno(Errno.EINVAL, stubborn::reset);
  }

  @Test
  void irqInfo() {
    assertThat(nic.irqInfo(IrqIndex.INTX, 16)).isEqualTo(new IrqInfo(16, 7, 0, 1));
    assertThat(nic.irqInfo(IrqIndex.MSI, 17)).isEqualTo(new IrqInfo(17, 9, 1, 4));
    assertThat(nic.irqInfo(IrqIndex.MSIX, 16)).isEqualTo(new IrqInfo(16, 9, 2, 8));
    assertThat(nic.irqInfo(IrqIndex.ERR, 16)).isEqualTo(new IrqInfo(16, 9, 3, 1));
    assertThat(nic.irqInfo(IrqIndex.REQ, 16)).isEqualTo(new IrqInfo(16, 9, 4, 1));
    assertErrno(Errno.EINVAL, () -> nic.irqInfo(IrqIndex.REQ, 15));
    assertErrno(Errno.EINVAL, () -> nic.irqInfo(5, 16));
    assertErrno(Errno.EINVAL, () -> nic.irqInfo(-1, 16));
    VfioPciDevice conventional = host.open(host.function().pcie(false).msix(0).build());
    assertErrno(Errno.EINVAL, () -> conventional.irqInfo(IrqIndex.ERR, 16));
    assertThat(conventional.irqInfo(IrqIndex.MSIX, 16).count()).isEqualTo(0);
  }

  @Test
  void interruptsByIndexAndSubindex() {
    assertThat(nic.interrupt(IrqIndex.MSIX, 7)).isSameInstanceAs(nic.interrupt(IrqIndex.MSIX, 7));
    assertThat(nic.interrupt(IrqIndex.INTX, 0).index()).isEqualTo(0);
    assertThat(nic.interrupt(IrqIndex.MSI, 3).subindex()).isEqualTo(3);
    assertErrno(Errno.EINVAL, () -> nic.interrupt(IrqIndex.MSIX, 8));
    assertErrno(Errno.EINVAL, () -> nic.interrupt(IrqIndex.ERR, 0));
    assertErrno(Errno.EINVAL, () -> nic.interrupt(IrqIndex.REQ, 0));
    assertErrno(Errno.EINVAL, () -> nic.interrupt(5, 0));
    assertErrno(Errno.EINVAL, () -> nic.interrupt(IrqIndex.INTX, -1));
  }

  /** Bounds that just hold: row 3 is the first to refuse. */
  @Test
  void row2whatIsJustReadableIsJudgedByTheRowsBelow() {
    IrqSet justU32 = IrqSet.loopBack(IrqIndex.MSIX, 0, -2);
    assertThat(assertThrows(ErrnoException.class, () -> nic.setIrqs(justU32)))
        .hasMessageThat()
        .contains("beyond the 8 interrupts");
    IrqSet header = IrqSet.disable(IrqIndex.MSIX).withArgsz(20);
    refused(Errno.EINVAL, IrqSet.loopBack(IrqIndex.REQ, 0, 1)); // no eventfd was set: read at least
    assertThat(nic.setIrqs(IrqSet.trigger(IrqIndex.MSIX, 7, host.eventfd()))).isEqualTo(0);
    assertThat(nic.setIrqs(header)).isEqualTo(0);
  }

  @Test
  void theBinaryFormReturnsHowManyVectorsThereCouldBe() {
    VfioPciDevice few = host.open(host.function().msixAllocatable(2).build());
    IrqSet four = IrqSet.trigger(IrqIndex.MSIX, 0, -1, -1, -1, -1);

    assertThat(few.setIrqs(four.write())).isEqualTo(2);
    assertThat(few.setIrqs(four)).isEqualTo(2);
  }

  /** A device that is not open answers nothing but that. */
  @Test
  void whetherTheDeviceIsOpenComesFirst() {
    host.close(nic);
    refused(Errno.EBADF, IrqSet.disable(99).withArgsz(0));
    assertErrno(Errno.EBADF, () -> nic.setIrqs(ByteBuffer.allocate(0)));
    assertErrno(Errno.EBADF, () -> nic.info(0));
    assertErrno(Errno.EBADF, () -> nic.irqInfo(99, 0));
    assertErrno(Errno.EBADF, nic::reset);
    assertErrno(Errno.EBADF, () -> nic.readConfig(-1, 3));
    assertErrno(Errno.EBADF, () -> nic.writeConfig(-1, 3, 0));
  }

  /** The device is closed by another thread while a call waits for its igate. */
  @Test
  void aDeviceThatWasClosedMeanwhileIsNotConfigured() {
    host.beforeLock =
        lock -> {
          if (lock.equals("the igate of nic")) {
            host.beforeLock = other -> {};
            host.close(nic);
          }
        };
    assertErrno(Errno.EBADF, () -> nic.setIrqs(IrqSet.trigger(IrqIndex.MSIX, 0, host.eventfd())));
    assertThat(host.registry.registered()).isEqualTo(0);
  }
}
