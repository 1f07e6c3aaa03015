package org.irqbypass.vfio;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.vfio.IrqIndex.INTX;
import static org.irqbypass.vfio.IrqIndex.MSI;
import static org.irqbypass.vfio.IrqIndex.MSIX;
import static org.irqbypass.vfio.VfioHost.assertErrno;
import static org.irqbypass.vfio.VfioHost.irq;

import org.irqbypass.errno.Errno;
import org.irqbypass.host.PostedInterruptTarget;
import org.irqbypass.host.Raise;
import org.irqbypass.host.VcpuAffinity;
import org.irqbypass.registry.BypassReason;
import org.irqbypass.registry.BypassStatus;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.registry.PrivateToken;
import org.irqbypass.vfio.pci.PciFunction;
import org.irqbypass.vfio.pci.VfioPciDevice;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The producers of MSI and MSI-X, their policies, and explicit forwardings of them. */
class ProducerTest {
  private int posted;
  private final PostedInterruptTarget vcpu = vector -> posted++;

  private Peer posting(ConnectPolicy policy) {
    return new Peer(policy, new VcpuAffinity.Posted(vcpu, 65));
  }

  @Test
  void aPairIsPostedInEitherOrder() {
    VfioHost host = VfioHost.posted(ConnectPolicy.OPPORTUNISTIC);
    PciFunction function = host.function().build();
    VfioPciDevice nic = host.open(function);
    int first = host.eventfd();
    int second = host.eventfd();
    host.registry.register(posting(ConnectPolicy.OPPORTUNISTIC), host.context(first));
    nic.setIrqs(IrqSet.trigger(MSIX, 0, first, second));
    host.registry.register(posting(ConnectPolicy.OPPORTUNISTIC), host.context(second));

    assertThat(function.raiseMsix(0)).isEqualTo(Raise.POSTED);
    assertThat(function.raiseMsix(1)).isEqualTo(Raise.POSTED);
    assertThat(posted).isEqualTo(2);
    assertThat(host.count(first) + host.count(second)).isEqualTo(0);
    assertThat(nic.interrupt(MSIX, 0).status().isBypassed()).isTrue();
  }

  @Test
  void theProducerGoesBeforeTheHostInterruptIsFreed() {
    VfioHost host = VfioHost.posted(ConnectPolicy.OPPORTUNISTIC);
    VfioPciDevice nic = host.openNic();
    int fd = host.eventfd();
    Peer peer = posting(ConnectPolicy.OPPORTUNISTIC);
    host.registry.register(peer, host.context(fd));
    nic.setIrqs(IrqSet.trigger(MSI, 0, fd));
    nic.setIrqs(IrqSet.trigger(MSI, 0, fd)); // the same again: undone and made again
    nic.setIrqs(IrqSet.disable(MSI));

    assertThat(peer.calls)
        .containsExactly(
            "stop", "add", "start", "stop", "del", "start", "stop", "add", "start", "stop", "del",
            "start")
        .inOrder();
  }

  @Test
  void closingTheDeviceUndoesThePairing() {
    VfioHost host = VfioHost.posted(ConnectPolicy.OPPORTUNISTIC);
    VfioPciDevice nic = host.openNic();
    int fd = host.eventfd();
    Peer peer = posting(ConnectPolicy.OPPORTUNISTIC);
    host.registry.register(peer, host.context(fd));
    nic.setIrqs(IrqSet.trigger(MSIX, 0, fd));
    host.close(nic);

    assertThat(peer.calls).contains("del");
    assertThat(host.registry.connected()).isEqualTo(0);
    assertThat(host.registry.registered()).isEqualTo(1);
  }

  @Test
  void statusTellsWhy() {
    VfioHost host = VfioHost.remapped();
    VfioPciDevice nic = host.openNic();
    VfioInterrupt vector = nic.interrupt(MSIX, 0);
    assertThat(vector.status().reason()).isEqualTo(BypassReason.NOT_REGISTERED);
    int fd = host.eventfd();
    nic.setIrqs(IrqSet.trigger(MSIX, 0, fd));
    assertThat(vector.status())
        .isEqualTo(new BypassStatus(BypassStatus.State.WAITING, BypassReason.NO_PEER, null));
    host.registry.register(new Peer(), host.context(fd));
    assertThat(vector.status())
        .isEqualTo(
            new BypassStatus(BypassStatus.State.CONNECTED, BypassReason.HARDWARE_CANNOT, null));
    assertThat(nic.interrupt(INTX, 0).status().reason()).isEqualTo(BypassReason.HARDWARE_CANNOT);
  }

  @Test
  void disabledRegistersNothing() {
    VfioHost host = VfioHost.posted(ConnectPolicy.DISABLED);
    PciFunction function = host.function().build();
    VfioPciDevice nic = host.open(function);
    int fd = host.eventfd();
    host.registry.register(posting(ConnectPolicy.OPPORTUNISTIC), host.context(fd));
    assertThat(nic.interrupt(MSIX, 0).status().reason()).isEqualTo(BypassReason.SWITCHED_OFF);
    nic.setIrqs(IrqSet.trigger(MSIX, 0, fd));

    assertThat(host.registry.registered()).isEqualTo(1);
    assertThat(nic.interrupt(MSIX, 0).status().reason()).isEqualTo(BypassReason.SWITCHED_OFF);
    assertThat(function.raiseMsix(0)).isEqualTo(Raise.HANDLED);
    assertThat(host.count(fd)).isEqualTo(1);
  }

  @Test
  void opportunisticFailsByAnEventOnly() {
    VfioHost host = VfioHost.posted(ConnectPolicy.OPPORTUNISTIC);
    VfioPciDevice nic = host.openNic();
    int fd = host.eventfd();
    Peer peer = posting(ConnectPolicy.OPPORTUNISTIC);
    peer.refusesWith = Errno.EIO;
    host.registry.register(peer, host.context(fd));
    host.record();
    assertThat(nic.setIrqs(IrqSet.trigger(MSIX, 0, fd))).isEqualTo(0);

    VfioEvent.ProducerRefused refused = host.events(VfioEvent.ProducerRefused.class).get(0);
    assertThat(refused.errno()).isEqualTo(Errno.EIO);
    assertThat(refused.result()).isEqualTo(-5);
    assertThat(nic.interrupt(MSIX, 0).status())
        .isEqualTo(
            new BypassStatus(
                BypassStatus.State.UNREGISTERED, BypassReason.PEER_REFUSED, Errno.EIO));
    peer.refusesWith = null;
    peer.refusesWithNumber = 66311;
    nic.setIrqs(IrqSet.trigger(MSIX, 0, fd));
    assertThat(host.events(VfioEvent.ProducerRefused.class).get(1).result()).isEqualTo(66311);
  }

  @ParameterizedTest
  @EnumSource(names = {"OPPORTUNISTIC", "REQUIRED"})
  void aRequiredConnectThatFailsFailsTheCallAndNothingHasChanged(ConnectPolicy mine) {
    // Whichever side requires it.
    ConnectPolicy peers =
        mine == ConnectPolicy.REQUIRED ? ConnectPolicy.OPPORTUNISTIC : ConnectPolicy.REQUIRED;
    VfioHost host = VfioHost.posted(mine);
    PciFunction function = host.function().build();
    VfioPciDevice nic = host.open(function);
    int kept = host.eventfd();
    int fine = host.eventfd();
    int refused = host.eventfd();
    Peer keeps = posting(ConnectPolicy.OPPORTUNISTIC);
    host.registry.register(keeps, host.context(kept));
    Peer refuses = posting(peers);
    refuses.refusesWith = Errno.ENOSPC;
    host.registry.register(refuses, host.context(refused));

    assertErrno(Errno.ENOSPC, () -> nic.setIrqs(IrqSet.trigger(MSIX, 0, fine, refused)));
    assertThat(function.isMsixEnabled()).isFalse();

    nic.setIrqs(IrqSet.trigger(MSIX, 0, kept, fine, -1));
    host.record();
    assertErrno(
        Errno.ENOSPC, () -> nic.setIrqs(IrqSet.trigger(MSIX, 0, host.eventfd(), refused, fine)));
    assertThat(nic.interrupt(MSIX, 0).trigger()).isSameInstanceAs(host.context(kept));
    assertThat(nic.interrupt(MSIX, 1).trigger()).isSameInstanceAs(host.context(fine));
    assertThat(nic.interrupt(MSIX, 2).trigger()).isNull();
    assertThat(function.raiseMsix(0)).isEqualTo(Raise.POSTED);
    assertThat(function.raiseMsix(1)).isEqualTo(Raise.HANDLED);
    assertThat(host.events(VfioEvent.TriggerRestored.class)).hasSize(2);
  }

  @Test
  void whatHadNoTriggerHasNoneAfterARequiredConnectThatFailed() {
    VfioHost host = VfioHost.posted(ConnectPolicy.REQUIRED);
    PciFunction function = host.function().build();
    VfioPciDevice nic = host.open(function);
    int refused = host.eventfd();
    Peer refuses = posting(ConnectPolicy.OPPORTUNISTIC);
    refuses.refusesWith = Errno.ENOSPC;
    host.registry.register(refuses, host.context(refused));
    nic.setIrqs(IrqSet.trigger(MSIX, 0, -1, -1, -1));
    assertErrno(Errno.ENOSPC, () -> nic.setIrqs(IrqSet.trigger(MSIX, 1, host.eventfd(), refused)));

    assertThat(nic.interrupt(MSIX, 1).trigger()).isNull();
    assertThat(function.raiseMsix(1)).isEqualTo(Raise.PENDING);
    assertThat(host.registry.registered()).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource(names = {"OPPORTUNISTIC", "REQUIRED"})
  void aRequiredPositiveRefusalIsAnIoError(ConnectPolicy mine) {
    // Whichever side requires it.
    ConnectPolicy peers =
        mine == ConnectPolicy.REQUIRED ? ConnectPolicy.OPPORTUNISTIC : ConnectPolicy.REQUIRED;
    VfioHost host = VfioHost.posted(mine);
    VfioPciDevice nic = host.openNic();
    int fd = host.eventfd();
    Peer peer = posting(peers);
    peer.refusesWithNumber = 66311;
    host.registry.register(peer, host.context(fd));
    assertErrno(Errno.EIO, () -> nic.setIrqs(IrqSet.trigger(MSIX, 0, fd)));
    assertThat(nic.interrupt(MSIX, 0).trigger()).isNull();
    assertThat(host.registry.registered()).isEqualTo(1);
  }

  @Test
  void aRequiredDuplicateFailsToo() {
    VfioHost host = VfioHost.posted(ConnectPolicy.REQUIRED);
    VfioPciDevice nic = host.openNic();
    int fd = host.eventfd();
    assertErrno(Errno.EBUSY, () -> nic.setIrqs(IrqSet.trigger(MSIX, 0, fd, fd)));
    assertThat(host.registry.registered()).isEqualTo(0);
  }

  // Explicit forwarding

  @Test
  void aForwardingWaitsForAHostInterruptAndComesBackWithEachOne() {
    VfioHost host = VfioHost.posted(ConnectPolicy.DISABLED);
    PciFunction function = host.function().build();
    VfioPciDevice nic = host.open(function);
    VfioInterrupt vector = nic.interrupt(MSIX, 0);
    PrivateToken token = new PrivateToken("explicit");
    Peer peer = posting(ConnectPolicy.OPPORTUNISTIC);
    host.registry.register(peer, token);
    vector.forward(token);
    assertThat(vector.isForwarded()).isTrue();
    assertThat(vector.forwardingStatus())
        .isEqualTo(
            new BypassStatus(BypassStatus.State.UNREGISTERED, BypassReason.NOT_REGISTERED, null));
    assertThat(peer.calls).isEmpty();
    host.record();
    nic.setIrqs(IrqSet.trigger(MSIX, 0, host.eventfd()));
    assertThat(function.raiseMsix(0)).isEqualTo(Raise.POSTED);
    assertThat(vector.forwardingStatus().isBypassed()).isTrue();
    nic.setIrqs(IrqSet.trigger(MSIX, 0, host.eventfd()));
    nic.setIrqs(IrqSet.disable(MSIX));
    assertThat(host.registry.connected()).isEqualTo(0);
    assertThat(vector.isForwarded()).isTrue();
    nic.setIrqs(IrqSet.trigger(MSIX, 0, host.eventfd()));
    assertThat(function.raiseMsix(0)).isEqualTo(Raise.POSTED);
    vector.unforward();

    assertThat(peer.calls)
        .containsExactly(
            "stop", "add", "start", "stop", "del", "start", "stop", "add", "start", "stop", "del",
            "start", "stop", "add", "start", "stop", "del", "start")
        .inOrder();
    assertThat(host.events(VfioEvent.ProducerRefused.class)).isEmpty();
    assertThat(function.raiseMsix(0)).isEqualTo(Raise.HANDLED);
    assertErrno(Errno.ENOENT, vector::unforward);
  }

  @Test
  void aForwardingThatIsRefusedNowIsNotKept() {
    VfioHost host = VfioHost.posted(ConnectPolicy.DISABLED);
    VfioPciDevice nic = host.openNic();
    VfioInterrupt vector = nic.interrupt(MSIX, 0);
    PrivateToken token = new PrivateToken("explicit");
    Peer peer = posting(ConnectPolicy.OPPORTUNISTIC);
    host.registry.register(peer, token);
    nic.setIrqs(IrqSet.trigger(MSIX, 0, host.eventfd()));
    peer.refusesWith = Errno.EINVAL;
    assertErrno(Errno.EINVAL, () -> vector.forward(token));
    peer.refusesWith = null;
    peer.refusesWithNumber = 7;
    assertErrno(Errno.EIO, () -> vector.forward(token));
    assertThat(vector.isForwarded()).isFalse();
    peer.refusesWithNumber = 0;
    vector.forward(token);
    assertErrno(Errno.EEXIST, () -> vector.forward(token));
  }

  @Test
  void aForwardingThatIsRefusedLaterIsAnEventAndStaysWaiting() {
    VfioHost host = VfioHost.posted(ConnectPolicy.DISABLED);
    VfioPciDevice nic = host.openNic();
    VfioInterrupt vector = nic.interrupt(MSIX, 0);
    PrivateToken token = new PrivateToken("explicit");
    Peer peer = posting(ConnectPolicy.OPPORTUNISTIC);
    peer.refusesWith = Errno.EINVAL;
    host.registry.register(peer, token);
    vector.forward(token);
    host.record();
    nic.setIrqs(IrqSet.trigger(MSIX, 0, host.eventfd()));
    assertThat(host.events(VfioEvent.ProducerRefused.class)).hasSize(1);
    assertThat(vector.isForwarded()).isTrue();
    assertThat(vector.forwardingStatus().errno()).isEqualTo(Errno.EINVAL);
    peer.refusesWith = null;
    peer.refusesWithNumber = 3;
    nic.setIrqs(IrqSet.trigger(MSIX, 0, host.eventfd()));
    assertThat(host.events(VfioEvent.ProducerRefused.class)).hasSize(2);
    peer.refusesWithNumber = 0;
    nic.setIrqs(IrqSet.trigger(MSIX, 0, host.eventfd()));
    assertThat(vector.forwardingStatus().isBypassed()).isTrue();
  }

  @Test
  void ofAutomaticAndExplicitTheSecondIsRefused() {
    VfioHost host = VfioHost.posted(ConnectPolicy.OPPORTUNISTIC);
    VfioPciDevice nic = host.openNic();
    VfioInterrupt vector = nic.interrupt(MSIX, 0);
    int fd = host.eventfd();
    host.registry.register(posting(ConnectPolicy.OPPORTUNISTIC), host.context(fd));
    PrivateToken token = new PrivateToken("explicit");
    host.registry.register(posting(ConnectPolicy.OPPORTUNISTIC), token);
    nic.setIrqs(IrqSet.trigger(MSIX, 0, fd));
    assertErrno(Errno.EBUSY, () -> vector.forward(token));
    assertThat(irq(nic, MSIX, 0).isPosted()).isTrue();

    nic.setIrqs(IrqSet.disable(MSIX));
    vector.forward(token); // waits
    assertThat(nic.setIrqs(IrqSet.trigger(MSIX, 0, fd))).isEqualTo(0);
    assertThat(vector.forwardingStatus().isBypassed()).isTrue();
    assertThat(vector.status().errno()).isEqualTo(Errno.EBUSY);
  }

  @Test
  void aForwardingEndsWithItsDevice() {
    VfioHost host = VfioHost.posted(ConnectPolicy.DISABLED);
    VfioPciDevice nic = host.openNic();
    VfioInterrupt vector = nic.interrupt(MSIX, 0);
    PrivateToken token = new PrivateToken("explicit");
    vector.forward(token);
    nic.setIrqs(IrqSet.trigger(MSIX, 0, host.eventfd()));
    assertThat(host.registry.registered()).isEqualTo(1);
    host.close(nic);
    assertThat(vector.isForwarded()).isFalse();
    assertThat(host.registry.registered()).isEqualTo(0);
    assertErrno(Errno.EBADF, () -> vector.forward(token));
  }
}
