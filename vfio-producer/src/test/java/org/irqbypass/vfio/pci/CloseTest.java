package org.irqbypass.vfio.pci;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.vfio.IrqIndex.ERR;
import static org.irqbypass.vfio.IrqIndex.INTX;
import static org.irqbypass.vfio.IrqIndex.MSI;
import static org.irqbypass.vfio.IrqIndex.MSIX;
import static org.irqbypass.vfio.IrqIndex.REQ;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.concurrent.atomic.AtomicInteger;
import org.irqbypass.host.Raise;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.registry.PrivateToken;
import org.irqbypass.vfio.IrqSet;
import org.irqbypass.vfio.VfioGroup;
import org.irqbypass.vfio.VfioHost;
import org.junit.jupiter.api.Test;

/** Who opens a device finds it as nobody had used it ({@code vfio_pci_core_disable()}). */
class CloseTest {
  private final VfioHost host = VfioHost.posted(ConnectPolicy.OPPORTUNISTIC);
  private final PciFunction function = host.function().build();
  private final VfioPciDevice nic = host.open(function);

  private int again() {
    host.close(nic);
    VfioGroup group = nic.group();
    int groupFd = host.vfio.openGroup(group);
    int container = host.vfio.openContainer();
    host.vfio.group(groupFd).setContainer(container);
    host.vfio.container(container).setIommu(1);
    return host.vfio.group(groupFd).deviceFd("nic");
  }

  @Test
  void theEventfdsOfErrAndReqAreReleased() {
    nic.setIrqs(IrqSet.trigger(ERR, 0, host.eventfd()));
    nic.setIrqs(IrqSet.trigger(REQ, 0, host.eventfd()));
    assertThat(nic.reportError()).isTrue();
    assertThat(nic.requestReturn()).isTrue();
    host.descriptors.close(again());

    assertThat(nic.reportError()).isFalse();
    assertThat(nic.requestReturn()).isFalse();
  }

  @Test
  void theFunctionMastersTheBusNoMoreAndItsConfigurationIsForgotten() {
    nic.setIrqs(IrqSet.trigger(MSIX, 0, host.eventfd()));
    nic.writeConfig(4, 2, 0x507);
    int fd = again();
    assertThat(function.command() & PciFunction.COMMAND_MASTER).isEqualTo(0);
    assertThat(function.isMsixEnabled()).isFalse();
    assertThat(nic.readConfig(4, 2) & PciFunction.COMMAND_INTX_DISABLE).isEqualTo(0);
    int eventfd = host.eventfd();
    nic.setIrqs(IrqSet.trigger(INTX, 0, eventfd));
    function.assertIntx(true);
    assertThat(host.count(eventfd)).isEqualTo(1);
    host.descriptors.close(fd);
  }

  @Test
  void forwardingsEndThoughTheyOnlyWaited() {
    nic.interrupt(INTX, 0).forward(new PrivateToken("line"));
    nic.interrupt(MSI, 1).forward(new PrivateToken("msi"));
    nic.interrupt(MSIX, 2).forward(new PrivateToken("msix"));
    int fd = again();
    assertThat(nic.interrupt(INTX, 0).isForwarded()).isFalse();
    assertThat(nic.interrupt(MSI, 1).isForwarded()).isFalse();
    assertThat(nic.interrupt(MSIX, 2).isForwarded()).isFalse();
    host.descriptors.close(fd);
  }

  @Test
  void itsMessagesAreGivenBackToTheHost() {
    int wires = host.interrupts.all().size();
    for (int index : new int[] {MSI, MSIX}) {
      nic.setIrqs(IrqSet.trigger(index, 0, host.eventfd(), -1, host.eventfd()));
      assertThat(host.interrupts.all()).hasSize(wires + 3);
      nic.setIrqs(IrqSet.disable(index));
      assertThat(host.interrupts.all()).hasSize(wires);
    }
    nic.setIrqs(IrqSet.trigger(MSI, 0, host.eventfd()));
    assertThat(function.isMsiEnabled()).isTrue();
    int fd = again();
    assertThat(function.isMsiEnabled()).isFalse();
    assertThat(host.interrupts.all()).hasSize(wires);
    host.descriptors.close(fd);
  }

  @Test
  void aFunctionThatCanBeResetIsResetWhenItIsOpenedAndWhenItIsClosed() {
    AtomicInteger resets = new AtomicInteger();
    PciFunction other = host.function().build();
    other.whenReset(resets::incrementAndGet);
    VfioPciDevice opened = host.open(other);
    assertThat(resets.get()).isEqualTo(1);
    opened.reset();
    assertThat(resets.get()).isEqualTo(2);
    host.close(opened);
    assertThat(resets.get()).isEqualTo(3);

    AtomicInteger never = new AtomicInteger();
    PciFunction cannot = host.function().resettable(false).build();
    cannot.whenReset(never::incrementAndGet);
    host.close(host.open(cannot));
    assertThat(never.get()).isEqualTo(0);
  }

  @Test
  void aResetForgetsThePendingMessages() {
    nic.setIrqs(IrqSet.trigger(MSIX, 0, host.eventfd(), -1));
    assertThat(function.raiseMsix(1)).isEqualTo(Raise.PENDING);
    assertThat(function.raiseMsix(1)).isEqualTo(Raise.MERGED);
    nic.reset();
    assertThat(function.isMsixPending(1)).isFalse();
    int eventfd = host.eventfd();
    nic.setIrqs(IrqSet.trigger(MSIX, 1, eventfd));
    assertThat(host.count(eventfd)).isEqualTo(0);
    assertThat(function.raiseMsix(1)).isEqualTo(Raise.HANDLED);
  }

  /** Without a mask bit there is nothing that would keep a message over a disable. */
  @Test
  void aMessageThatWaitedIsForgottenWithItsVectorUnlessItCanBeMasked() {
    for (boolean maskable : new boolean[] {true, false}) {
      PciFunction own = host.function().msiMaskable(maskable).build();
      VfioPciDevice device = host.open(own);
      device.setIrqs(IrqSet.trigger(MSI, 0, -1, -1));
      assertThat(own.raiseMsi(1)).isEqualTo(Raise.PENDING);
      device.setIrqs(IrqSet.disable(MSI));
      int eventfd = host.eventfd();
      device.setIrqs(IrqSet.trigger(MSI, 0, -1, eventfd));
      assertThat(host.count(eventfd)).isEqualTo(maskable ? 1 : 0);
      host.close(device);
    }
  }

  @Test
  void aFunctionHasAsManyVectorsAsPciAllows() {
    PciFunction.Builder builder = PciFunction.builder(host.interrupts, "odd");
    for (int count : new int[] {-1, 33}) {
      assertThrows(IllegalArgumentException.class, () -> builder.msi(count));
    }
    for (int count : new int[] {-1, 2049}) {
      assertThrows(IllegalArgumentException.class, () -> builder.msix(count));
    }
    assertThrows(IllegalArgumentException.class, () -> builder.msiAllocatable(0));
    assertThrows(IllegalArgumentException.class, () -> builder.msixAllocatable(0));
    PciFunction most =
        builder.msi(0).msi(32).msix(0).msix(2048).msiAllocatable(1).msixAllocatable(1).build();
    assertThat(most.toString()).isEqualTo("PCI function odd");
    VfioPciDevice device = host.open(most);
    assertThat(device.setIrqs(IrqSet.trigger(MSI, 0, -1, -1))).isEqualTo(1);
    assertThat(device.setIrqs(IrqSet.trigger(MSIX, 0, -1, -1))).isEqualTo(1);
  }

  @Test
  void aResetForgetsThePendingBitsOfMsisThatHaveThem() {
    PciFunction maskable = host.function().msiMaskable(true).build();
    VfioPciDevice device = host.open(maskable);
    device.setIrqs(IrqSet.trigger(MSI, 0, -1));
    assertThat(maskable.raiseMsi(0)).isEqualTo(Raise.PENDING);
    device.reset();
    int eventfd = host.eventfd();
    device.setIrqs(IrqSet.trigger(MSI, 0, eventfd));
    assertThat(host.count(eventfd)).isEqualTo(0);
  }

  /** An MSI without a mask bit was sent, and the host's interrupt descriptor keeps it. */
  @Test
  void aResetDoesNotTakeBackAMessageThatWasSent() {
    nic.setIrqs(IrqSet.trigger(MSI, 0, -1));
    assertThat(function.raiseMsi(0)).isEqualTo(Raise.PENDING);
    nic.reset();
    int eventfd = host.eventfd();
    nic.setIrqs(IrqSet.trigger(MSI, 0, eventfd));
    assertThat(host.count(eventfd)).isEqualTo(1);
    nic.setIrqs(IrqSet.trigger(MSI, 0, -1));
    nic.reset();
    assertThat(function.raiseMsi(0)).isEqualTo(Raise.UNTRIGGERED); // its message is cleared
  }
}
