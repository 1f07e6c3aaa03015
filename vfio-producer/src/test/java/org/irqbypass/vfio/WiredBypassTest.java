package org.irqbypass.vfio;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.vfio.IrqIndex.INTX;
import static org.irqbypass.vfio.IrqIndex.MSIX;
import static org.irqbypass.vfio.VfioHost.assertErrno;
import static org.irqbypass.vfio.VfioHost.irq;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Objects;
import org.irqbypass.errno.Errno;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.HostIrqEvent;
import org.irqbypass.host.Trigger;
import org.irqbypass.host.VcpuAffinity;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.BypassReason;
import org.irqbypass.registry.BypassStatus;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.registry.PrivateToken;
import org.irqbypass.vfio.pci.PciFunction;
import org.irqbypass.vfio.pci.VfioPciDevice;
import org.irqbypass.vfio.platform.VfioPlatformDevice;
import org.junit.jupiter.api.Test;

/** Wired interrupts that the guest completes: the direct-EOI producers (semantics 7.2 and 7.5). */
class WiredBypassTest {
  private VfioHost host = VfioHost.forwarding(ConnectPolicy.OPPORTUNISTIC);
  private VfioPlatformDevice uart = host.openPlatform(Trigger.LEVEL);
  private VfioInterrupt interrupt = uart.interrupt(0, 0);
  private HostIrq wire = irq(uart, 0, 0);
  private int trigger = host.eventfd();

  private void hostWith(ConnectPolicy policy) {
    host = VfioHost.forwarding(policy);
    uart = host.openPlatform(Trigger.LEVEL);
    interrupt = uart.interrupt(0, 0);
    wire = irq(uart, 0, 0);
    trigger = host.eventfd();
  }

  private Peer guest(ConnectPolicy policy) {
    Peer peer = Peer.completing(policy);
    host.registry.register(peer, host.context(trigger));
    return peer;
  }

  private void enable() {
    uart.setIrqs(IrqSet.trigger(0, 0, trigger));
  }

  private long taken() {
    return host.count(trigger) == 0 ? 0 : host.context(trigger).read();
  }

  @Test
  void noProducerWhereTheHostCannotForward() {
    VfioHost x86 = VfioHost.posted(ConnectPolicy.OPPORTUNISTIC);
    VfioPciDevice nic = x86.openNic();
    nic.setIrqs(IrqSet.trigger(INTX, 0, x86.eventfd()));
    VfioPlatformDevice device = x86.openPlatform(Trigger.LEVEL);
    device.setIrqs(IrqSet.trigger(0, 0, x86.eventfd()));
    assertThat(x86.registry.registered()).isEqualTo(0);
    assertThat(device.interrupt(0, 0).status().reason()).isEqualTo(BypassReason.HARDWARE_CANNOT);
  }

  @Test
  void noProducerInLinuxAsItWasReleased() {
    VfioHost released = VfioHost.forwarding(VfioRules.LINUX_6_1, ConnectPolicy.OPPORTUNISTIC);
    released.openNic().setIrqs(IrqSet.trigger(INTX, 0, released.eventfd()));
    VfioPlatformDevice device = released.openPlatform(Trigger.LEVEL);
    device.setIrqs(IrqSet.trigger(0, 0, released.eventfd()));
    assertThat(released.registry.registered()).isEqualTo(0);
    assertThat(device.interrupt(0, 0).status().reason()).isEqualTo(BypassReason.SWITCHED_OFF);
  }

  @Test
  void theGuestCompletesAndNothingMasks() {
    guest(ConnectPolicy.OPPORTUNISTIC);
    enable();
    host.record();
    wire.setLine(true);
    assertThat(taken()).isEqualTo(1);
    assertThat(interrupt.isBeingHandled()).isFalse();
    assertThat(wire.isActive()).isTrue();
    wire.setLine(true);
    assertThat(taken()).isEqualTo(0); // active: it cannot fire again
    wire.deactivate(); // the line is still high
    assertThat(taken()).isEqualTo(1);
    wire.setLine(false);
    wire.deactivate();
    assertThat(taken()).isEqualTo(0);
    assertThat(host.events(VfioEvent.IrqHandler.class)).hasSize(2);
    assertThat(interrupt.status().isBypassed()).isTrue();
  }

  @Test
  void stopDisablesTheLineWhileSidesMeet() {
    enable();
    Peer peer =
        new Peer(ConnectPolicy.OPPORTUNISTIC, new VcpuAffinity.Forwarded(42)) {
          @Override
          protected void stop() {
            calls.add("disabled " + wire.isDisabled());
          }
        };
    host.registry.register(peer, host.context(trigger));
    assertThat(peer.calls.get(0)).isEqualTo("disabled true");
    assertThat(wire.isDisabled()).isFalse();
  }

  @Test
  void aLevelThatIsHighBeforeTheTriggerIsForwardedFromItsFirstInterruptOn() {
    guest(ConnectPolicy.OPPORTUNISTIC);
    wire.setLine(true);
    enable();
    assertThat(interrupt.status().isBypassed()).isTrue();
    assertThat(interrupt.isBeingHandled()).isFalse();
    assertThat(taken()).isEqualTo(1);
  }

  @Test
  void whileItIsBeingHandledAConsumerIsRefusedWithEagain() {
    enable();
    wire.setLine(true);
    Peer peer = Peer.completing(ConnectPolicy.OPPORTUNISTIC);
    assertErrno(Errno.EAGAIN, () -> host.registry.register(peer, host.context(trigger)));
    assertThat(peer.status().reason()).isEqualTo(BypassReason.IRQ_ACTIVE);
    assertThat(peer.calls).containsExactly("stop", "start").inOrder();
    assertThat(wire.isForwarded()).isFalse();
    wire.setLine(false);
    uart.setIrqs(IrqSet.unmask(0));
    host.registry.register(peer, host.context(trigger));
    assertThat(interrupt.status().isBypassed()).isTrue();
  }

  /** The 2017 rule; the explicit call refuses it (the 2015 rule). */
  @Test
  void aMaskedIdleInterruptIsAcceptedAutomatically() {
    enable();
    uart.setIrqs(IrqSet.mask(0));
    guest(ConnectPolicy.OPPORTUNISTIC);
    assertThat(interrupt.status().isBypassed()).isTrue();
    wire.setLine(true);
    assertThat(taken()).isEqualTo(0);
    uart.setIrqs(IrqSet.unmask(0));
    assertThat(taken()).isEqualTo(1);
    assertThat(wire.isActive()).isTrue();
  }

  @Test
  void retryConnectsWhenTheInterruptIsUnmasked() {
    hostWith(ConnectPolicy.RETRY);
    enable();
    wire.setLine(true);
    guest(ConnectPolicy.RETRY);
    host.work.runAll();
    assertThat(interrupt.status())
        .isEqualTo(
            new BypassStatus(BypassStatus.State.WAITING, BypassReason.IRQ_ACTIVE, Errno.EAGAIN));
    wire.setLine(false);
    uart.setIrqs(IrqSet.unmask(0));
    host.work.runAll();
    assertThat(interrupt.status().isBypassed()).isTrue();
    wire.setLine(true);
    assertThat(interrupt.isBeingHandled()).isFalse();
  }

  /** Idle at the interrupt controller: nobody unmasks what was never masked. */
  @Test
  void retryConnectsWhenTheInterruptGoesIdle() {
    hostWith(ConnectPolicy.RETRY);
    VfioPciDevice nic = host.openNic();
    int line = host.eventfd();
    enable();
    nic.setIrqs(IrqSet.trigger(INTX, 0, line));
    for (VfioInterrupt each : List.of(interrupt, nic.interrupt(INTX, 0))) {
      HostIrq irq = irq(each.device(), each.index(), 0);
      irq.activate();
      host.registry.register(
          Peer.completing(ConnectPolicy.RETRY), Objects.requireNonNull(each.trigger()));
      host.work.runAll();
      assertThat(each.status())
          .isEqualTo(
              new BypassStatus(BypassStatus.State.WAITING, BypassReason.IRQ_ACTIVE, Errno.EAGAIN));
      irq.deactivate();
      host.work.runAll();
      assertThat(each.status().isBypassed()).isTrue();
    }
  }

  /** An unmask that finds INTx still asserted leaves it masked: nothing has changed for a peer. */
  @Test
  void retryWaitsUntilIntxIsReallyUnmasked() {
    hostWith(ConnectPolicy.RETRY);
    PciFunction function = host.function().build();
    VfioPciDevice nic = host.open(function);
    nic.setIrqs(IrqSet.trigger(INTX, 0, trigger));
    function.assertIntx(true);
    Peer peer = guest(ConnectPolicy.RETRY);
    nic.setIrqs(IrqSet.unmask(INTX));
    host.work.runAll();
    assertThat(nic.interrupt(INTX, 0).isBeingHandled()).isTrue();
    assertThat(peer.calls).containsExactly("stop", "start").inOrder();
    function.assertIntx(false);
    nic.setIrqs(IrqSet.unmask(INTX));
    host.work.runAll();
    assertThat(peer.status().isBypassed()).isTrue();
  }

  @Test
  void disconnectingWhileTheGuestHandlesItCompletesOnceAndTheGuestsEndUnmasks() {
    Peer peer = guest(ConnectPolicy.OPPORTUNISTIC);
    enable();
    wire.setLine(true);
    assertThat(taken()).isEqualTo(1);
    host.record();
    host.registry.unregister(peer);

    assertThat(host.events(HostIrqEvent.Deactivated.class)).hasSize(1);
    assertThat(wire.isActive()).isFalse();
    assertThat(wire.isForwarded()).isFalse();
    assertThat(interrupt.isBeingHandled()).isTrue();
    assertThat(taken()).isEqualTo(0); // the line is high, and it does not fire a second time
    wire.setLine(false);
    uart.setIrqs(IrqSet.unmask(0)); // resamplefd, after the guest's end of interrupt
    wire.setLine(true);
    assertThat(taken()).isEqualTo(1);
    assertThat(interrupt.isBeingHandled()).isTrue(); // automasked again
  }

  @Test
  void disconnectingAnIdleInterruptLeavesItUnmasked() {
    Peer peer = guest(ConnectPolicy.OPPORTUNISTIC);
    enable();
    host.registry.unregister(peer);
    assertThat(interrupt.isBeingHandled()).isFalse();
    wire.setLine(true);
    assertThat(taken()).isEqualTo(1);
    assertThat(interrupt.isBeingHandled()).isTrue();
  }

  @Test
  void droppingTheTriggerDisconnectsFirst() {
    Peer peer = guest(ConnectPolicy.OPPORTUNISTIC);
    enable();
    wire.setLine(true);
    uart.setIrqs(IrqSet.disable(0));
    assertThat(peer.calls).containsExactly("stop", "add", "start", "stop", "del", "start");
    assertThat(interrupt.isBeingHandled()).isTrue();
    host.close(uart);
    assertThat(wire.isRequested()).isFalse();
    assertThat(wire.isActive()).isFalse();
  }

  @Test
  void anEdgeIsForwardedWithoutAnotherHandler() {
    VfioPlatformDevice edge = host.openPlatform(Trigger.EDGE);
    HostIrq edgeIrq = irq(edge, 0, 0);
    edge.setIrqs(IrqSet.trigger(0, 0, trigger));
    Peer peer = guest(ConnectPolicy.OPPORTUNISTIC);
    edgeIrq.raise();
    assertThat(taken()).isEqualTo(1);
    assertThat(edgeIrq.isActive()).isTrue();
    edgeIrq.raise();
    host.registry.unregister(peer);
    assertThat(edgeIrq.isActive()).isFalse();
    assertThat(taken()).isEqualTo(1); // the edge that came meanwhile
    assertThat(edge.interrupt(0, 0).isBeingHandled()).isFalse();
  }

  @Test
  void requiredFailsTheCallAndKeepsTheFormerTrigger() {
    hostWith(ConnectPolicy.REQUIRED);
    enable();
    int refused = host.eventfd();
    Peer peer = Peer.completing(ConnectPolicy.OPPORTUNISTIC);
    peer.refusesWith = Errno.ENXIO;
    host.registry.register(peer, host.context(refused));
    host.record();
    assertErrno(Errno.ENXIO, () -> uart.setIrqs(IrqSet.trigger(0, 0, refused)));
    assertThat(host.events(VfioEvent.TriggerRestored.class))
        .containsExactly(new VfioEvent.TriggerRestored(interrupt, host.context(trigger)));
    assertThat(interrupt.trigger()).isSameInstanceAs(host.context(trigger));
    wire.setLine(true);
    assertThat(taken()).isEqualTo(1);
  }

  @Test
  void closingDisconnectsBeforeTheHostInterruptIsFreed() {
    Peer peer = guest(ConnectPolicy.OPPORTUNISTIC);
    enable();
    host.close(uart);
    assertThat(peer.calls).containsExactly("stop", "add", "start", "stop", "del", "start");
    assertThat(host.registry.registered()).isEqualTo(1);
    assertThat(host.registry.connected()).isEqualTo(0);
  }

  // PCI INTx

  @Test
  void intxIsForwardedAndTakenBack() {
    PciFunction function = host.function().build();
    VfioPciDevice nic = host.open(function);
    VfioInterrupt intx = nic.interrupt(INTX, 0);
    Peer peer = guest(ConnectPolicy.OPPORTUNISTIC);
    function.assertIntx(true);
    nic.setIrqs(IrqSet.trigger(INTX, 0, trigger));
    HostIrq line = irq(nic, INTX, 0);
    assertThat(taken()).isEqualTo(1);
    assertThat(intx.isBeingHandled()).isFalse();
    assertThat(line.isActive()).isTrue();
    line.deactivate();
    assertThat(taken()).isEqualTo(1);
    host.registry.unregister(peer);
    assertThat(line.isActive()).isFalse();
    assertThat(intx.isBeingHandled()).isTrue();
    assertThat(taken()).isEqualTo(0);
    nic.setIrqs(IrqSet.unmask(INTX)); // still asserted
    assertThat(taken()).isEqualTo(1);
    function.assertIntx(false);
    nic.setIrqs(IrqSet.unmask(INTX));
    function.assertIntx(true);
    assertThat(taken()).isEqualTo(1);
  }

  @Test
  void intxSwapMovesThePairing() {
    VfioPciDevice nic = host.openNic();
    Peer first = guest(ConnectPolicy.OPPORTUNISTIC);
    nic.setIrqs(IrqSet.trigger(INTX, 0, trigger));
    int other = host.eventfd();
    Peer second = Peer.completing(ConnectPolicy.OPPORTUNISTIC);
    host.registry.register(second, host.context(other));
    nic.setIrqs(IrqSet.trigger(INTX, 0, other));
    assertThat(first.calls).contains("del");
    assertThat(second.calls).containsExactly("stop", "add", "start").inOrder();
    nic.setIrqs(IrqSet.disable(INTX));
    assertThat(second.calls).contains("del");
    assertThat(second.calls).doesNotContain("del after free");
  }

  @Test
  void intxRequiredKeepsTheFormerTriggerOrStaysOff() {
    hostWith(ConnectPolicy.REQUIRED);
    VfioPciDevice nic = host.openNic();
    int refused = host.eventfd();
    Peer peer = Peer.completing(ConnectPolicy.OPPORTUNISTIC);
    peer.refusesWith = Errno.ENXIO;
    host.registry.register(peer, host.context(refused));
    assertErrno(Errno.ENXIO, () -> nic.setIrqs(IrqSet.trigger(INTX, 0, refused)));
    assertThat(nic.interrupt(INTX, 0).hostIrq()).isNull();
    nic.setIrqs(IrqSet.trigger(INTX, 0, trigger));
    Peer keeps = guest(ConnectPolicy.OPPORTUNISTIC);
    host.record();
    assertErrno(Errno.ENXIO, () -> nic.setIrqs(IrqSet.trigger(INTX, 0, refused)));
    assertThat(host.events(VfioEvent.TriggerRestored.class))
        .containsExactly(
            new VfioEvent.TriggerRestored(nic.interrupt(INTX, 0), host.context(trigger)));
    assertThat(nic.interrupt(INTX, 0).trigger()).isSameInstanceAs(host.context(trigger));
    assertThat(keeps.status().isBypassed()).isTrue();
  }

  @Test
  void withoutATriggerThereIsNoProducerAndNoneIsRequired() {
    hostWith(ConnectPolicy.REQUIRED);
    VfioPciDevice nic = host.openNic();
    nic.setIrqs(IrqSet.trigger(INTX, 0, trigger));
    assertThat(nic.setIrqs(IrqSet.trigger(INTX, 0, -1))).isEqualTo(0);
    assertThat(nic.interrupt(INTX, 0).trigger()).isNull();
    assertThat(nic.interrupt(INTX, 0).status().reason()).isEqualTo(BypassReason.NOT_REGISTERED);
    assertThat(host.registry.registered()).isEqualTo(0);
  }

  @Test
  void intxIsOffAlsoWhereAPeerFailsAtItsDisable() {
    VfioPciDevice nic = host.openNic();
    Peer faulty =
        new Peer(ConnectPolicy.OPPORTUNISTIC, new VcpuAffinity.Forwarded(42)) {
          @Override
          protected void delProducer(BypassProducer producer) {
            super.delProducer(producer);
            throw new IllegalStateException("a peer's own defect");
          }
        };
    host.registry.register(faulty, host.context(trigger));
    nic.setIrqs(IrqSet.trigger(INTX, 0, trigger));
    assertThrows(IllegalStateException.class, () -> nic.setIrqs(IrqSet.disable(INTX)));
    assertThat(nic.interrupt(INTX, 0).hostIrq()).isNull();
    assertThat(nic.setIrqs(IrqSet.trigger(MSIX, 0, trigger))).isEqualTo(0);
  }

  // Explicit

  @Test
  void explicitBeforeSignallingIsNeverRefused() {
    hostWith(ConnectPolicy.DISABLED);
    PrivateToken token = new PrivateToken("explicit");
    host.registry.register(Peer.completing(ConnectPolicy.OPPORTUNISTIC), token);
    interrupt.forward(token);
    wire.setLine(true);
    enable();
    assertThat(taken()).isEqualTo(1);
    assertThat(wire.isActive()).isTrue();
    assertThat(interrupt.isBeingHandled()).isFalse();
  }

  @Test
  void explicitIsRefusedWhileMaskedHandledOrActive() {
    hostWith(ConnectPolicy.DISABLED);
    enable();
    PrivateToken token = new PrivateToken("explicit");
    host.registry.register(Peer.completing(ConnectPolicy.OPPORTUNISTIC), token);
    uart.setIrqs(IrqSet.mask(0));
    assertErrno(Errno.EAGAIN, () -> interrupt.forward(token));
    uart.setIrqs(IrqSet.unmask(0));
    wire.setLine(true);
    assertErrno(Errno.EAGAIN, () -> interrupt.forward(token));
    assertThat(interrupt.isForwarded()).isFalse();
    wire.setLine(false);
    uart.setIrqs(IrqSet.unmask(0));
    interrupt.forward(token);
    wire.setLine(true);
    assertThat(wire.isActive()).isTrue();
    interrupt.unforward();
    assertThat(wire.isActive()).isFalse();
    assertThat(interrupt.isBeingHandled()).isTrue();
    assertErrno(Errno.EAGAIN, () -> interrupt.forward(token));
  }

  /** Whether or not the guest's side is there to refuse it. */
  @Test
  void explicitIsRefusedBeforeThereIsAGuest() {
    hostWith(ConnectPolicy.DISABLED);
    enable();
    PrivateToken token = new PrivateToken("explicit");
    wire.setLine(true);
    assertThat(assertErrno(Errno.EAGAIN, () -> interrupt.forward(token)))
        .hasMessageThat()
        .isEqualTo("EAGAIN: uart/0/0 is being handled");
    wire.setLine(false);
    uart.setIrqs(IrqSet.unmask(0));
    wire.activate();
    assertThat(assertErrno(Errno.EAGAIN, () -> interrupt.forward(token)))
        .hasMessageThat()
        .isEqualTo("EAGAIN: uart/0/0 is active");
    assertThat(interrupt.isForwarded()).isFalse();
    assertThat(host.registry.registered()).isEqualTo(0);
    wire.deactivate();
    interrupt.forward(token);
    assertThat(interrupt.isForwarded()).isTrue();
  }

  @Test
  void ofAutomaticAndExplicitTheSecondIsRefused() {
    Peer automatic = guest(ConnectPolicy.OPPORTUNISTIC);
    enable();
    PrivateToken token = new PrivateToken("explicit");
    Peer explicit = Peer.completing(ConnectPolicy.OPPORTUNISTIC);
    host.registry.register(explicit, token);
    assertErrno(Errno.EBUSY, () -> interrupt.forward(token));
    assertThat(interrupt.isForwarded()).isFalse();
    assertThat(automatic.status().isBypassed()).isTrue();

    uart.setIrqs(IrqSet.disable(0));
    interrupt.forward(token);
    enable();
    assertThat(explicit.status().isBypassed()).isTrue();
    assertThat(interrupt.status().errno()).isEqualTo(Errno.EBUSY);
    assertThat(wire.isForwarded()).isTrue();
  }

  @Test
  void explicitEndsWithItsDevice() {
    hostWith(ConnectPolicy.DISABLED);
    PrivateToken token = new PrivateToken("explicit");
    Peer peer = Peer.completing(ConnectPolicy.OPPORTUNISTIC);
    host.registry.register(peer, token);
    interrupt.forward(token);
    enable();
    host.close(uart);
    assertThat(interrupt.isForwarded()).isFalse();
    assertThat(peer.calls).containsExactly("stop", "add", "start", "stop", "del", "start");
    assertThat(host.registry.registered()).isEqualTo(1);
  }

  @Test
  void explicitIntxWaitsForIntxAndIsConnectedBeforeAHighLineFires() {
    hostWith(ConnectPolicy.DISABLED);
    PciFunction function = host.function().build();
    VfioPciDevice nic = host.open(function);
    VfioInterrupt intx = nic.interrupt(INTX, 0);
    PrivateToken token = new PrivateToken("explicit");
    Peer peer = Peer.completing(ConnectPolicy.OPPORTUNISTIC);
    host.registry.register(peer, token);
    intx.forward(token);
    function.assertIntx(true);
    nic.setIrqs(IrqSet.trigger(INTX, 0, trigger));
    assertThat(taken()).isEqualTo(1);
    assertThat(intx.isBeingHandled()).isFalse();
    assertThat(irq(nic, INTX, 0).isActive()).isTrue();
    nic.setIrqs(IrqSet.disable(INTX));
    nic.setIrqs(IrqSet.trigger(INTX, 0, trigger));
    assertThat(intx.forwardingStatus().isBypassed()).isTrue();
    host.close(nic);
    assertThat(peer.calls).doesNotContain("del after free");
    assertThat(host.registry.registered()).isEqualTo(1);
  }

  /** Regression: the guest never heard of it, and what it does not complete does not fire again. */
  @Test
  void forwardedIntxThatFiredWithoutATriggerComesOnceThereIsOne() {
    hostWith(ConnectPolicy.DISABLED);
    PciFunction function = host.function().build();
    VfioPciDevice nic = host.open(function);
    VfioInterrupt intx = nic.interrupt(INTX, 0);
    PrivateToken token = new PrivateToken("explicit");
    host.registry.register(Peer.completing(ConnectPolicy.OPPORTUNISTIC), token);
    intx.forward(token);
    nic.setIrqs(IrqSet.trigger(INTX, 0, -1));
    function.assertIntx(true);
    HostIrq irq = irq(nic, INTX, 0);
    assertThat(irq.isActive()).isTrue();
    nic.setIrqs(IrqSet.trigger(INTX, 0, trigger));

    assertThat(taken()).isEqualTo(1);
    // What the guest has heard of is the guest's to complete, whatever becomes of the trigger.
    nic.setIrqs(IrqSet.trigger(INTX, 0, -1));
    nic.setIrqs(IrqSet.trigger(INTX, 0, trigger));
    assertThat(taken()).isEqualTo(0);
    assertThat(irq.isActive()).isTrue();
    function.assertIntx(false);
    irq.deactivate();
    assertThat(irq.isActive()).isFalse();
    function.assertIntx(true);
    assertThat(taken()).isEqualTo(1);
  }
}
