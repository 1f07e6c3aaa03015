package org.irqbypass.kvm.arm64;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.kvm.arm64.ArmHost.errnoOf;

import org.irqbypass.errno.Errno;
import org.irqbypass.kvm.Msi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** KVM_IRQ_LINE and KVM_SIGNAL_MSI, as recorded. */
final class IrqLineAndSignalMsiTest {
  private static final int SPI = 1 << 24;
  private static final int PPI = 2 << 24;
  private static final long DOORBELL = 0x08090040;

  @RegisterExtension final ArmHost host = new ArmHost();

  private Errno lineErrno(int irq) {
    return errnoOf(() -> host.vm.irqLine(irq, 1));
  }

  @Test
  void withoutControllerOnlyAVcpusOwnLinesAreThere() {
    host.vm.createVcpu(0);

    assertThat(lineErrno(SPI | 42)).isEqualTo(Errno.ENXIO);
    assertThat(lineErrno(PPI | 20)).isEqualTo(Errno.ENXIO);
    host.vm.irqLine(0, 1);
    host.vm.irqLine(1, 0);
    assertThat(lineErrno(2)).isEqualTo(Errno.EINVAL);
    assertThat(lineErrno(1 << 16)).isEqualTo(Errno.EINVAL);
    assertThat(lineErrno(3 << 24 | 40)).isEqualTo(Errno.EINVAL);
    assertThat(lineErrno(-1)).isEqualTo(Errno.EINVAL);
  }

  @Test
  void anUninitializedControllerIsBusyButNumbersAreCheckedFirst() {
    host.vm.createVcpu(0);
    host.vm.createDevice(Arm64.DEVICE_VGIC_V3, 0);

    assertThat(lineErrno(SPI | 42)).isEqualTo(Errno.EBUSY);
    assertThat(lineErrno(SPI | 1020)).isEqualTo(Errno.EBUSY);
    assertThat(lineErrno(SPI | 31)).isEqualTo(Errno.EINVAL);
    assertThat(lineErrno(PPI | 15)).isEqualTo(Errno.EINVAL);
    assertThat(lineErrno(PPI | 32)).isEqualTo(Errno.EINVAL);
    assertThat(lineErrno(PPI | 1 << 16 | 20)).isEqualTo(Errno.EINVAL);
    assertThat(lineErrno(0)).isEqualTo(Errno.ENXIO);
  }

  @Test
  void anInitializedControllerHasItsSpis() {
    host.withGic();

    host.vm.irqLine(SPI | 32, 1);
    host.vm.irqLine(SPI | 95, 1);
    host.vm.irqLine(PPI | 20, 1);
    assertThat(lineErrno(SPI | 96)).isEqualTo(Errno.EINVAL);
    assertThat(host.vgic.spiState(32).line()).isTrue();
    host.vm.irqLine(SPI | 32, 0);
    assertThat(host.vgic.spiState(32).line()).isFalse();
  }

  @Test
  void theStatusWordStaysAsItWas() {
    host.withGic();

    assertThat(host.vm.irqLine(SPI | 42, 1)).isEqualTo(SPI | 42);
  }

  @Test
  void aVcpuIsNamedByTwoFields() {
    var unused = new GicBringUp(258, 32, false, false, false).bringUp(host.vm);

    host.vm.irqLine(1 << 28 | PPI | 1 << 16 | 20, 1);

    assertThat(host.vcpu(257).hasPending()).isFalse(); // PPIs are disabled at first
    assertThat(lineErrno(1 << 28 | PPI | 2 << 16 | 20)).isEqualTo(Errno.EINVAL);
  }

  private Errno msiErrno(Msi msi) {
    return errnoOf(() -> host.vm.signalMsi(msi));
  }

  @Test
  void aMessageNeedsAControllerAndAnIts() {
    Msi msi = Msi.of(DOORBELL, 0, 32);
    assertThat(msiErrno(msi)).isEqualTo(Errno.EINVAL);
    host.withGic();
    assertThat(msiErrno(msi)).isEqualTo(Errno.ENODEV);
    host.vm.createDevice(Arm64.DEVICE_ITS, 0);
    assertThat(msiErrno(msi)).isEqualTo(Errno.EINVAL);
  }

  @Test
  void aMessageIsDeliveredDroppedOrRefused() {
    host.withIts(1);
    Its its = host.arm64.itses().get(0);
    its.execute(new ItsCommand.Mapd(32, 5, true));
    its.execute(new ItsCommand.Mapti(32, 0, 8192, 0));

    assertThat(msiErrno(Msi.of(DOORBELL, 0))).isEqualTo(Errno.EINVAL);
    assertThat(host.vm.signalMsi(Msi.of(DOORBELL, 0, 32))).isEqualTo(1);
    assertThat(host.vm.signalMsi(Msi.of(DOORBELL + 4, 0, 32))).isEqualTo(1);
    assertThat(host.vm.signalMsi(Msi.of(DOORBELL, 0, 33))).isEqualTo(0);
    assertThat(host.vm.signalMsi(Msi.of(DOORBELL, 1, 32))).isEqualTo(0);
    assertThat(msiErrno(Msi.of(0x12345678, 0, 32))).isEqualTo(Errno.EINVAL);
    assertThat(msiErrno(Msi.of(1L << 32 | DOORBELL, 0, 32))).isEqualTo(Errno.EINVAL);
    for (int flags : new int[] {2, 3}) {
      assertThat(msiErrno(new Msi((int) DOORBELL, 0, 0, flags, 32))).isEqualTo(Errno.EINVAL);
    }
    assertThat(host.run(0)).containsExactly(8192);
  }

  @Test
  void aTranslationThatIsKnownNeedsNoDevidFlag() {
    host.withIts(1);
    Its its = host.arm64.itses().get(0);
    its.execute(new ItsCommand.Mapd(32, 5, true));
    its.execute(new ItsCommand.Mapti(32, 0, 8192, 0));
    Msi unflagged = new Msi((int) DOORBELL, 0, 0, 0, 32);
    assertThat(msiErrno(unflagged)).isEqualTo(Errno.EINVAL);

    host.vm.signalMsi(Msi.of(DOORBELL, 0, 32));

    assertThat(host.vm.signalMsi(unflagged)).isEqualTo(1);
  }
}
