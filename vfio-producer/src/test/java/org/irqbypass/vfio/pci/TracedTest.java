package org.irqbypass.vfio.pci;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.vfio.IrqIndex.INTX;
import static org.irqbypass.vfio.IrqIndex.MSIX;
import static org.irqbypass.vfio.VfioHost.assertErrno;

import java.util.List;
import org.irqbypass.errno.Errno;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.registry.PrivateToken;
import org.irqbypass.vfio.IrqSet;
import org.irqbypass.vfio.Peer;
import org.irqbypass.vfio.VfioEvent;
import org.irqbypass.vfio.VfioHost;
import org.irqbypass.vfio.VfioInterrupt;
import org.junit.jupiter.api.Test;

/** What a listener sees is what a tracer of the kernel's functions sees. */
class TracedTest {
  private final VfioHost host = VfioHost.posted(ConnectPolicy.OPPORTUNISTIC);
  private final PciFunction function = host.function().build();
  private final VfioPciDevice nic = host.open(function);

  @Test
  void theHandlerOfALineAndItsUnmask() {
    nic.setIrqs(IrqSet.trigger(INTX, 0, host.eventfd()));
    host.record();
    function.assertIntx(true);
    nic.setIrqs(IrqSet.unmask(INTX));
    function.assertIntx(false);
    nic.setIrqs(IrqSet.unmask(INTX));

    assertThat(host.events(VfioEvent.class))
        .containsExactly(
            new VfioEvent.IntxHandler(nic),
            new VfioEvent.IntxHandlerReturned(nic, true),
            new VfioEvent.IntxUnmaskHandler(nic),
            new VfioEvent.IntxUnmaskHandlerReturned(nic, true),
            new VfioEvent.IntxUnmaskHandler(nic),
            new VfioEvent.IntxUnmaskHandlerReturned(nic, false))
        .inOrder();
  }

  @Test
  void aVectorsTriggerAndItsRefusal() {
    int fd = host.eventfd();
    int closed = 99;
    host.record();
    assertErrno(Errno.EBADF, () -> nic.setIrqs(IrqSet.trigger(MSIX, 0, fd, closed)));

    assertThat(host.events(VfioEvent.class).subList(0, 4))
        .containsExactly(
            new VfioEvent.SetVectorSignal(nic, 0, fd),
            new VfioEvent.SetVectorSignalReturned(nic, 0, 0),
            new VfioEvent.SetVectorSignal(nic, 1, closed),
            new VfioEvent.SetVectorSignalReturned(nic, 1, -Errno.EBADF.number()))
        .inOrder();
  }

  /** A forwarding that waited for its interrupt is refused when that comes: only told. */
  @Test
  void theRefusalOfAForwardingThatWaited() {
    for (boolean withNumber : new boolean[] {true, false}) {
      VfioInterrupt vector = nic.interrupt(MSIX, withNumber ? 0 : 1);
      PrivateToken token = new PrivateToken("token");
      Peer peer = new Peer();
      if (withNumber) {
        peer.refusesWithNumber = 3;
      } else {
        peer.refusesWith = Errno.EIO;
      }
      host.registry.register(peer, token);
      vector.forward(token);
      host.record();
      nic.setIrqs(IrqSet.trigger(MSIX, vector.subindex(), host.eventfd()));
      List<VfioEvent.ProducerRefused> refused = host.events(VfioEvent.ProducerRefused.class);
      assertThat(refused).hasSize(1);
      assertThat(refused.get(0).result()).isEqualTo(withNumber ? 3 : -Errno.EIO.number());
      assertThat(refused.get(0).errno()).isEqualTo(withNumber ? null : Errno.EIO);
      assertThat(vector.forwardingStatus().isBypassed()).isFalse();
      assertThat(vector.connected()).isNull();
      nic.setIrqs(IrqSet.disable(MSIX));
    }
  }

  @Test
  void whichPairingHasTheInterruptCanBeAsked() {
    int fd = host.eventfd();
    VfioInterrupt vector = nic.interrupt(MSIX, 0);
    assertThat(vector.connected()).isNull();
    nic.setIrqs(IrqSet.trigger(MSIX, 0, fd));
    assertThat(vector.connected()).isNull();
    Peer peer = new Peer();
    host.registry.register(peer, host.context(fd));
    assertThat(vector.connected()).isSameInstanceAs(peer.peer());
    assertThat(String.valueOf(vector.connected())).isEqualTo("producer of nic/2/0");
    host.registry.unregister(peer);
    assertThat(vector.connected()).isNull();
    PrivateToken token = new PrivateToken("token");
    host.registry.register(peer, token);
    vector.forward(token);
    assertThat(vector.connected()).isSameInstanceAs(peer.peer());
    assertThat(vector.forwardingStatus().state()).isEqualTo(peer.status().state());
    vector.unforward();
    assertThat(vector.connected()).isNull();
    assertThat(vector.index()).isEqualTo(MSIX);
  }

  @Test
  void aForwardingRefusedWithANumberIsAnError() {
    nic.setIrqs(IrqSet.trigger(MSIX, 0, host.eventfd()));
    PrivateToken token = new PrivateToken("token");
    Peer peer = new Peer();
    peer.refusesWithNumber = 7;
    host.registry.register(peer, token);
    assertThat(assertErrno(Errno.EIO, () -> nic.interrupt(MSIX, 0).forward(token)))
        .hasMessageThat()
        .contains("nic/2/0 refused with 7");
    assertThat(nic.interrupt(MSIX, 0).isForwarded()).isFalse();
  }
}
