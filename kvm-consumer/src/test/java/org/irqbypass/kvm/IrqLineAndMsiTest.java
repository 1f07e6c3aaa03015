package org.irqbypass.kvm;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.kvm.KvmHost.APIC_0;
import static org.irqbypass.kvm.KvmHost.apic;
import static org.irqbypass.kvm.KvmHost.assertErrno;
import static org.irqbypass.kvm.KvmHost.irr;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.irqbypass.errno.Errno;
import org.irqbypass.kvm.x86.Redirection;
import org.irqbypass.kvm.x86.X86Vm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** KVM_IRQ_LINE and KVM_SIGNAL_MSI (semantics 4.3), as the recordings show them. */
class IrqLineAndMsiTest {
  @RegisterExtension final KvmHost host = KvmHost.remapped();
  private final Vm vm = host.vm(1);

  private int signal(long address, int data) {
    return vm.signalMsi(Msi.of(address, data));
  }

  @Test
  void irqLineNeedsAnIrqchip() {
    assertErrno(Errno.ENXIO, () -> host.bareVm().irqLine(5, 1));
    assertThat(host.splitVm(1).irqLine(5, 1)).isEqualTo(-1);
  }

  @Test
  void theStatusSumsTheControllersAndCoalescedOnesCountNothing() {
    X86Vm.of(vm).ioApic().writeRedirection(5, Redirection.entry(0x35, 0, false, false));
    assertThat(vm.irqLine(5, 1)).isEqualTo(2);
    assertThat(vm.irqLine(5, 1)).isEqualTo(1); // IOAPIC: coalesced; PIC: still high
    assertThat(vm.irqLine(5, 0)).isEqualTo(2);
  }

  @Test
  void aMaskedPinIgnores() {
    assertThat(vm.irqLine(23, 1)).isEqualTo(-1);
    assertThat(vm.irqLine(23, 1)).isEqualTo(0);
    assertThat(vm.irqLine(23, 0)).isEqualTo(1);
  }

  @Test
  void anUnroutedGsiIgnores() {
    assertThat(vm.irqLine(24, 1)).isEqualTo(-1);
    assertThat(vm.irqLine(-1, 1)).isEqualTo(-1);
  }

  @Test
  void theBinaryFormReceivesTheStatus() {
    assertErrno(Errno.EFAULT, () -> vm.irqLine(ByteBuffer.allocate(7)));
    ByteBuffer struct = ByteBuffer.allocate(8).order(ByteOrder.nativeOrder());
    struct.putInt(0, 23).putInt(4, 1);
    vm.irqLine(struct);
    assertThat(struct.getInt(0)).isEqualTo(-1);
  }

  @Test
  void aMessageNeedsAnIrqchipAndKnownFlags() {
    assertErrno(Errno.EINVAL, () -> host.bareVm().signalMsi(Msi.of(APIC_0, 0x41)));
    assertErrno(Errno.EINVAL, () -> vm.signalMsi(new Msi((int) APIC_0, 0, 0x41, 2, 0)));
    assertErrno(Errno.EFAULT, () -> vm.signalMsi(ByteBuffer.allocate(31)));
    assertThat(vm.signalMsi(new Msi((int) APIC_0, 0, 0x41, Msi.VALID_DEVID, 3))).isEqualTo(1);
  }

  @Test
  void theBinaryMessageIsAddressDataFlagsDevid() {
    ByteBuffer struct = ByteBuffer.allocate(32).order(ByteOrder.nativeOrder());
    struct.putInt(0, (int) APIC_0).putInt(8, 0x47);
    assertThat(vm.signalMsi(struct)).isEqualTo(1);
    assertThat(irr(vm)).containsExactly(0x47);
  }

  @Test
  void theResultCountsWhoTookIt() {
    assertThat(signal(APIC_0, 0x41)).isEqualTo(1);
    assertThat(signal(APIC_0 | 1 << 12, 0x43)).isEqualTo(0);
    assertThat(signal(APIC_0 | 0xff << 12, 0x44)).isEqualTo(1);
    assertThat(irr(vm)).containsExactly(0x41, 0x44);
  }

  @Test
  void withoutVcpusNobodyIsMeant() {
    assertErrno(Errno.EPERM, () -> host.vm(0).signalMsi(Msi.of(APIC_0, 0x41)));
  }

  @Test
  void aDisabledLocalApicTakesNothing() {
    apic(vm, 0).setSpuriousVector(0xff);
    assertThat(signal(APIC_0, 0x41)).isEqualTo(0);
    assertThat(irr(vm)).isEmpty();
  }

  @Test
  void deliveryModesThatAreNoVectorsLeaveNoVector() {
    assertThat(signal(APIC_0, 0x0400)).isEqualTo(1); // NMI
    assertThat(signal(APIC_0, 0x0500)).isEqualTo(1); // INIT
    assertThat(signal(APIC_0, 0x0700)).isEqualTo(0); // ExtINT
    assertThat(irr(vm)).isEmpty();
    assertThat(KvmHost.vcpu(vm, 0).takeNmi()).isTrue();
    assertThat(KvmHost.vcpu(vm, 0).takeNmi()).isFalse();
  }

  @Test
  void anSmiCountsOn61Only() {
    assertThat(signal(APIC_0, 0x0200)).isEqualTo(0);
    assertThat(KvmHost.with(KvmRules.LINUX_6_1).vm(1).signalMsi(Msi.of(APIC_0, 0x0200)))
        .isEqualTo(1);
  }

  @Test
  void aLogicalDestinationWithoutLogicalIdsIsAnErrorOn61Only() {
    assertThat(signal(APIC_0 | 4, 0x49)).isEqualTo(0);
    Vm old = KvmHost.with(KvmRules.LINUX_6_1).vm(1);
    assertErrno(Errno.EPERM, () -> old.signalMsi(Msi.of(APIC_0 | 4, 0x49)));
  }
}
