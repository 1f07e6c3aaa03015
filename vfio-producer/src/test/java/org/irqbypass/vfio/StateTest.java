package org.irqbypass.vfio;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.irqbypass.errno.Errno;
import org.irqbypass.host.Raise;
import org.irqbypass.host.Trigger;
import org.irqbypass.registry.ConnectFailedException;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.registry.PrivateToken;
import org.irqbypass.vfio.pci.PciFunction;
import org.irqbypass.vfio.pci.VfioPciDevice;
import org.irqbypass.vfio.platform.VfioPlatformDevice;
import org.junit.jupiter.api.Test;

/** What a device's fingerprint leaves out, an explorer takes for the same state. */
class StateTest {
  private final VfioHost host = VfioHost.forwarding(ConnectPolicy.DISABLED);
  private final List<List<String>> states = new ArrayList<>();

  @Test
  void everyPartOfAFunctionsStateIsInItsFingerprint() {
    PciFunction function = host.function().disIntx(false).build();
    VfioPciDevice nic = host.open(function);
    List<Runnable> steps =
        List.of(
            () -> {},
            () -> nic.setIrqs(IrqSet.trigger(IrqIndex.ERR, 0, host.eventfd())),
            () -> nic.setIrqs(IrqSet.trigger(IrqIndex.REQ, 0, host.eventfd())),
            () -> nic.setIrqs(IrqSet.trigger(IrqIndex.INTX, 0, host.eventfd())),
            () -> nic.setIrqs(IrqSet.trigger(IrqIndex.INTX, 0, host.eventfd())),
            () -> nic.setIrqs(IrqSet.mask(IrqIndex.INTX)),
            () -> nic.interrupt(IrqIndex.MSIX, 7).forward(new PrivateToken("waits")),
            () -> nic.interrupt(IrqIndex.MSI, 3).forward(new PrivateToken("waits")),
            () -> function.assertIntx(true),
            () -> nic.setIrqs(IrqSet.disable(IrqIndex.INTX)),
            () -> nic.interrupt(IrqIndex.INTX, 0).forward(new PrivateToken("waits")),
            () -> nic.setIrqs(IrqSet.trigger(IrqIndex.MSI, 0, -1, -1)),
            () -> nic.setIrqs(IrqSet.trigger(IrqIndex.MSI, 0, host.eventfd())),
            () -> assertThat(function.raiseMsi(1)).isEqualTo(Raise.PENDING),
            () -> nic.setIrqs(IrqSet.disable(IrqIndex.MSI)),
            () -> nic.setIrqs(IrqSet.trigger(IrqIndex.MSIX, 0, -1, -1)),
            () -> nic.setIrqs(IrqSet.trigger(IrqIndex.MSIX, 0, host.eventfd())),
            () -> assertThat(function.raiseMsix(1)).isEqualTo(Raise.PENDING));
    for (Runnable step : steps) {
      step.run();
      states.add(VfioHost.fingerprint(nic));
      assertThat(states).containsNoDuplicates();
    }
  }

  @Test
  void everyPartOfAPlatformDevicesStateIsInItsFingerprint() {
    VfioPlatformDevice uart = host.openPlatform(Trigger.LEVEL);
    List<Runnable> steps =
        List.of(
            () -> {},
            () -> uart.setIrqs(IrqSet.trigger(0, 0, host.eventfd())),
            () -> uart.setIrqs(IrqSet.trigger(0, 0, host.eventfd())),
            () -> uart.setIrqs(IrqSet.mask(0)),
            () -> uart.setIrqs(IrqSet.disable(0)),
            () -> uart.setIrqs(IrqSet.unmask(0)),
            () -> uart.interrupt(0, 0).forward(new PrivateToken("token")),
            () -> host.close(uart));
    for (Runnable step : steps) {
      step.run();
      states.add(VfioHost.fingerprint(uart));
    }
    // Without its trigger, and unmasked, it is what it was at first.
    assertThat(states.remove(5)).isEqualTo(states.get(0));
    assertThat(states).containsNoDuplicates();
  }

  /** Who may open the devices next, and whether that works. */
  @Test
  void whereAGroupStandsIsInTheFingerprintOfItsDevices() {
    VfioPciDevice nic = new VfioPciDevice(host.vfio, "nic", host.function().build());
    VfioGroup group = new VfioGroup(host.vfio, 1).add(nic);
    int container = host.vfio.openContainer();
    int[] fd = new int[1];
    List<Runnable> steps =
        List.of(
            () -> {},
            () -> fd[0] = host.vfio.openGroup(group),
            () -> host.vfio.group(fd[0]).setContainer(container),
            () -> host.vfio.container(container).setIommu(VfioContainerFile.TYPE1_IOMMU),
            () -> host.vfio.group(fd[0]).deviceFd("nic"));
    for (Runnable step : steps) {
      step.run();
      states.add(VfioHost.allOf(nic));
      assertThat(states).containsNoDuplicates();
    }
  }

  /** With which errno an interrupt was refused shows, though nothing else differs. */
  @Test
  void whatBecameOfItsPairingIsInTheFingerprintOfAWiredInterrupt() {
    VfioHost pairing = VfioHost.forwarding(ConnectPolicy.OPPORTUNISTIC);
    VfioPlatformDevice uart = pairing.openPlatform(Trigger.LEVEL);
    int eventfd = pairing.eventfd();
    uart.setIrqs(IrqSet.trigger(0, 0, eventfd));
    Peer peer = new Peer();
    for (Errno errno : List.of(Errno.EAGAIN, Errno.EIO)) {
      peer.refusesWith = errno;
      assertThrows(
          ConnectFailedException.class,
          () -> pairing.registry.register(peer, pairing.context(eventfd)));
      states.add(VfioHost.allOf(uart.interrupt(0, 0)));
    }
    assertThat(states).containsNoDuplicates();
  }
}
