package org.irqbypass.vfio.pci;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.vfio.IrqIndex.ERR;
import static org.irqbypass.vfio.IrqIndex.REQ;
import static org.irqbypass.vfio.IrqSet.ACTION_TRIGGER;
import static org.irqbypass.vfio.IrqSet.DATA_BOOL;
import static org.irqbypass.vfio.IrqSet.DATA_EVENTFD;
import static org.irqbypass.vfio.VfioHost.assertErrno;

import org.irqbypass.errno.Errno;
import org.irqbypass.vfio.IrqSet;
import org.irqbypass.vfio.VfioHost;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** ERR and REQ (semantics 3.4). */
class SignalIndexTest {
  private final VfioHost host = VfioHost.remapped();
  private final VfioPciDevice nic = host.openNic();
  private final int fd = host.eventfd();

  @ParameterizedTest
  @ValueSource(ints = {ERR, REQ})
  void signalAndRelease(int index) {
    assertErrno(Errno.EINVAL, () -> nic.setIrqs(IrqSet.loopBack(index, 0, 1)));
    assertErrno(Errno.EINVAL, () -> nic.setIrqs(IrqSet.disable(index)));
    nic.setIrqs(IrqSet.trigger(index, 0, fd));
    nic.setIrqs(IrqSet.loopBack(index, 0, 1));
    assertThat(host.count(fd)).isEqualTo(1);
    nic.setIrqs(IrqSet.disable(index));
    assertErrno(Errno.EINVAL, () -> nic.setIrqs(IrqSet.loopBack(index, 0, 1)));
  }

  @ParameterizedTest
  @ValueSource(ints = {ERR, REQ})
  void bytes(int index) {
    IrqSet yes = IrqSet.of(DATA_BOOL | ACTION_TRIGGER, index, 0, 1).withBools(1);
    assertThat(nic.setIrqs(yes)).isEqualTo(0); // no eventfd set: 0
    assertErrno(
        Errno.EINVAL, () -> nic.setIrqs(IrqSet.of(DATA_BOOL | ACTION_TRIGGER, index, 0, 0)));
    nic.setIrqs(IrqSet.trigger(index, 0, fd));
    nic.setIrqs(yes);
    nic.setIrqs(IrqSet.of(DATA_BOOL | ACTION_TRIGGER, index, 0, 1).withBools(0));
    assertThat(host.count(fd)).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {ERR, REQ})
  void descriptors(int index) {
    assertErrno(
        Errno.EINVAL, () -> nic.setIrqs(IrqSet.of(DATA_EVENTFD | ACTION_TRIGGER, index, 0, 0)));
    nic.setIrqs(IrqSet.trigger(index, 0, fd));
    assertErrno(Errno.EBADF, () -> nic.setIrqs(IrqSet.trigger(index, 0, 99)));
    assertErrno(Errno.EINVAL, () -> nic.setIrqs(IrqSet.trigger(index, 0, host.notAnEventfd())));
    nic.setIrqs(IrqSet.trigger(index, 0, -2)); // ignored silently
    nic.setIrqs(IrqSet.loopBack(index, 0, 1));
    assertThat(host.count(fd)).isEqualTo(1);
    nic.setIrqs(IrqSet.trigger(index, 0, -1));
    assertErrno(Errno.EINVAL, () -> nic.setIrqs(IrqSet.loopBack(index, 0, 1)));
  }

  @Test
  void theHostSpeaksThroughThem() {
    assertThat(nic.reportError()).isFalse();
    assertThat(nic.requestReturn()).isFalse();
    int req = host.eventfd();
    nic.setIrqs(IrqSet.trigger(ERR, 0, fd));
    nic.setIrqs(IrqSet.trigger(REQ, 0, req));
    assertThat(nic.reportError()).isTrue();
    assertThat(nic.requestReturn()).isTrue();
    assertThat(nic.requestReturn()).isTrue();
    assertThat(host.count(fd)).isEqualTo(1);
    assertThat(host.count(req)).isEqualTo(2);
  }
}
