package org.irqbypass.vfio;

import static com.google.common.truth.Truth.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.Trigger;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.registry.PrivateToken;
import org.irqbypass.vfio.pci.PciFunction;
import org.irqbypass.vfio.pci.VfioPciDevice;
import org.irqbypass.vfio.platform.VfioPlatformDevice;

/** Whatever was done before, in whatever order things are closed: nothing is left. */
class TeardownPropertyTest {
  private static final int STEPS = 60;

  @Property(tries = 400)
  void nothingIsLeft(@ForAll long seed, @ForAll boolean forwards, @ForAll ConnectPolicy policy) {
    Random random = new Random(seed);
    VfioHost host = forwards ? VfioHost.forwarding(policy) : VfioHost.posted(policy);
    PciFunction function = host.function().disIntx(random.nextBoolean()).build();
    VfioPciDevice nic = host.open(function);
    VfioPlatformDevice uart = host.openPlatform(Trigger.LEVEL);
    HostIrq wire = VfioHost.irq(uart, 0, 0);
    int[] fds = new int[4];
    List<Peer> peers = new ArrayList<>();
    for (int i = 0; i < fds.length; i++) {
      fds[i] = host.eventfd();
      Peer peer = forwards ? Peer.completing(ConnectPolicy.OPPORTUNISTIC) : new Peer();
      peers.add(peer);
    }
    PrivateToken token = new PrivateToken("explicit");
    for (int step = 0; step < STEPS; step++) {
      int index = random.nextInt(3);
      boolean onUart = random.nextInt(3) == 0;
      // Eventfds of their own: two asserted interrupts that unmask each other fire for ever.
      int fd = random.nextInt(6) == 0 ? -1 : fds[random.nextInt(2) + (onUart ? 0 : 2)];
      VfioDevice device = onUart ? uart : nic;
      int target = onUart ? 0 : index;
      try {
        switch (random.nextInt(12)) {
          case 0, 1, 2 -> device.setIrqs(IrqSet.trigger(target, 0, fd));
          case 3 -> device.setIrqs(IrqSet.disable(target));
          case 4 -> device.setIrqs(IrqSet.mask(0));
          case 5 -> device.setIrqs(IrqSet.unmask(0));
          case 6 -> device.setIrqs(IrqSet.unmaskBy(0, fd));
          case 7 -> {
            Peer peer = peers.get(random.nextInt(peers.size()));
            if (peer.isRegistered()) {
              host.registry.unregister(peer);
            } else if (fd >= 0) {
              host.registry.register(peer, host.context(fd));
            }
          }
          case 8 -> {
            function.assertIntx(random.nextBoolean());
            wire.setLine(random.nextBoolean());
          }
          case 9 -> {
            wire.deactivate();
            function.raiseMsix(0);
            function.raiseMsi(0);
          }
          case 10 -> {
            VfioInterrupt interrupt = device.interrupt(target, 0);
            if (interrupt.isForwarded()) {
              interrupt.unforward();
            } else {
              interrupt.forward(token);
            }
          }
          default -> host.work.runAll();
        }
      } catch (ErrnoException refused) {
        assertThat(refused.errno()).isNotNull();
      }
    }
    List<Runnable> closings = new ArrayList<>();
    closings.add(() -> host.close(nic));
    closings.add(() -> host.close(uart));
    peers.forEach(peer -> closings.add(() -> host.registry.unregister(peer)));
    for (int fd : fds) {
      closings.add(() -> host.descriptors.close(fd));
    }
    java.util.Collections.shuffle(closings, random);
    closings.forEach(Runnable::run);
    host.work.runAll();

    assertThat(host.registry.registered()).isEqualTo(0);
    assertThat(host.registry.connected()).isEqualTo(0);
    assertThat(host.descriptors.open()).isEqualTo(0);
    assertThat(host.interrupts.all()).hasSize(2); // the two wires; every message was released
    for (HostIrq irq : host.interrupts.all()) {
      assertThat(irq.isRequested()).isFalse();
      assertThat(irq.isActive()).isFalse();
      assertThat(irq.isForwarded()).isFalse();
    }
    for (Peer peer : peers) {
      assertThat(peer.calls).doesNotContain("del after free");
    }
    assertThat(host.eventfds.lostSignals()).isEqualTo(0);
  }
}
