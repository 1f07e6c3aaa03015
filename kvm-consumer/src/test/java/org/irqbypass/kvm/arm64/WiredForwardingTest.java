package org.irqbypass.kvm.arm64;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.kvm.arm64.ArmHost.errnoOf;

import com.google.common.collect.ImmutableList;
import java.util.List;
import org.irqbypass.errno.Errno;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.HostIrqEvent;
import org.irqbypass.host.Raise;
import org.irqbypass.host.Trigger;
import org.irqbypass.host.VcpuAffinity;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.KvmEvent;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.VcpuEvent;
import org.irqbypass.registry.BypassReason;
import org.irqbypass.registry.BypassStatus;
import org.irqbypass.registry.ConnectPolicy;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The wired automatic path: the state machine of one wired interrupt, and who completes it. */
final class WiredForwardingTest {
  private static final int GSI = 10;
  private static final int INTID = 42;

  private final ArmHost host =
      new ArmHost(GicHardware.GICV2, ConnectPolicy.OPPORTUNISTIC).withGic();
  private final HostIrq irq = host.interrupts.allocate("uart", Trigger.LEVEL);
  private final int trigger = host.eventfd();
  private final int resample = host.eventfd();
  private final EventfdContext token = host.context(trigger);
  private final WiredProducer producer = new WiredProducer(irq, token).request();
  private final Arm64Vcpu vcpu = host.vcpu(0);

  @BeforeEach
  void theGuestLetsItThrough() {
    host.vgic.configureSpi(INTID, Trigger.LEVEL, true);
  }

  private void assign() {
    host.vm.irqfd(IrqfdRequest.resample(trigger, GSI, resample));
  }

  private void forward() {
    assign();
    assertThat(host.registry.register(producer, token)).isEqualTo(0);
    host.events.clear();
  }

  private BypassStatus status() {
    return host.vm.irqfds().get(0).status();
  }

  /** VFIO's virqfd: the resample eventfd unmasks. */
  private boolean resampled() {
    boolean signalled = host.read(resample) != 0;
    if (signalled) {
      producer.unmask();
    }
    return signalled;
  }

  @Test
  void normalALevelThatRisesMasksItselfAndAssertsTheGuestInterrupt() {
    assign();

    assertThat(irq.setLine(true)).isEqualTo(Raise.HANDLED);

    assertThat(producer.isAutomasked()).isTrue();
    assertThat(irq.isActive()).isFalse();
    assertThat(host.vgic.spiState(INTID).line()).isTrue();
  }

  @Test
  void normalTheGuestsCompletionExitsAndResamplesAndALineStillHighRefires() {
    assign();
    vcpu.enter();
    irq.setLine(true);
    int taken = vcpu.take();
    host.events.clear();

    vcpu.end(taken);

    assertThat(taken).isEqualTo(INTID);
    assertThat(host.exits(VcpuEvent.Reason.MAINTENANCE)).isEqualTo(1);
    assertThat(host.events(KvmEvent.AckIrq.class)).hasSize(1);
    assertThat(resampled()).isTrue();
    assertThat(producer.isAutomasked()).isTrue();
    assertThat(vcpu.take()).isEqualTo(INTID);
  }

  @Test
  void theMappingIsMadeOnBothSides() {
    forward();

    assertThat(irq.vcpuAffinity()).isEqualTo(new VcpuAffinity.Forwarded(INTID));
    assertThat(irq.isForwarded()).isTrue();
    assertThat(host.vgic.spiState(INTID).mapped()).isTrue();
    assertThat(status().isBypassed()).isTrue();
  }

  @Test
  void forwardedTheHostDropsThePriorityOnlyAndMasksNothing() {
    forward();

    assertThat(irq.setLine(true)).isEqualTo(Raise.HANDLED);

    assertThat(irq.isActive()).isTrue();
    assertThat(irq.isDisabled()).isFalse();
    assertThat(producer.isAutomasked()).isFalse();
    assertThat(irq.isPending()).isTrue();
    assertThat(irq.handledCount()).isEqualTo(1);
  }

  @Test
  void forwardedTheListRegisterCarriesTheHardwareBitAndThePhysicalNumber() {
    forward();
    vcpu.enter();

    irq.setLine(true);
    int taken = vcpu.take();

    assertThat(taken).isEqualTo(INTID);
    assertThat(vcpu.listRegisters())
        .containsExactly(new ListRegister(INTID, 0, false, true, true, irq.number(), false));
  }

  @Test
  void forwardedTheLineIsLoweredInTheModelOnceItIsLoadedAsPending() {
    forward();
    irq.setLine(true);
    assertThat(host.vgic.spiState(INTID).line()).isTrue();

    vcpu.enter();

    assertThat(host.vgic.spiState(INTID).line()).isFalse();
    assertThat(vcpu.listRegisters().get(0).pending()).isTrue();
  }

  @Test
  void forwardedTheGuestsDeactivationCompletesTheHostsWithNoExitAndNoResample() {
    forward();
    vcpu.enter();
    irq.setLine(true);
    int taken = vcpu.take();
    irq.setLine(false);
    host.events.clear();

    vcpu.end(taken);

    assertThat(irq.isActive()).isFalse();
    assertThat(host.events(HostIrqEvent.Deactivated.class)).hasSize(1);
    assertThat(host.events(VcpuEvent.Exit.class)).isEmpty();
    assertThat(host.events(KvmEvent.AckIrq.class)).isEmpty();
    assertThat(resampled()).isFalse();
    assertThat(vcpu.take()).isEqualTo(-1);
  }

  @Test
  void forwardedALineStillHighRefiresAtDeactivation() {
    forward();
    vcpu.enter();
    irq.setLine(true);

    for (int i = 0; i < 10; i++) {
      assertThat(vcpu.take()).isEqualTo(INTID);
      assertThat(vcpu.take()).isEqualTo(-1);
      vcpu.end(INTID);
    }

    assertThat(irq.handledCount()).isEqualTo(11);
    irq.setLine(false);
    assertThat(vcpu.take()).isEqualTo(INTID);
    vcpu.end(INTID);
    assertThat(vcpu.take()).isEqualTo(-1);
    assertThat(irq.isActive()).isFalse();
  }

  @Test
  void forwardedPriorityDropAloneCompletesNothing() {
    forward();
    vcpu.enter();
    irq.setLine(true);
    vcpu.take();

    vcpu.dropPriority(INTID);
    assertThat(irq.isActive()).isTrue();
    assertThat(vcpu.take()).isEqualTo(-1);

    vcpu.deactivate(INTID);
    assertThat(irq.handledCount()).isEqualTo(2);
    assertThat(vcpu.take()).isEqualTo(INTID);
  }

  @Test
  void forwardedItIsNeverLoadedAsPendingAndActiveAtOnce() {
    forward();
    vcpu.enter();
    irq.setLine(true);
    vcpu.take();

    host.write(trigger); // somebody else's signal while it is active
    vcpu.take();

    assertThat(vcpu.listRegisters()).hasSize(1);
    assertThat(vcpu.listRegisters().get(0).active()).isTrue();
    assertThat(vcpu.listRegisters().get(0).pending()).isFalse();
  }

  @Test
  void forwardingIsRefusedWhileTheInterruptIsHandledAndNormalIsKept() {
    assign();
    irq.setLine(true);

    assertThat(errnoOf(() -> host.registry.register(producer, token))).isEqualTo(Errno.EAGAIN);

    assertThat(irq.isForwarded()).isFalse();
    assertThat(host.vgic.spiState(INTID).mapped()).isFalse();
    assertThat(host.run(0)).containsExactly(INTID);
    irq.setLine(false);
    assertThat(resampled()).isTrue();
    assertThat(host.registry.register(producer, token)).isEqualTo(0);
    assertThat(status().isBypassed()).isTrue();
  }

  @Test
  void unforwardedWhenIdleNothingIsLeft() {
    forward();

    host.registry.unregister(producer);

    assertThat(irq.isForwarded()).isFalse();
    assertThat(irq.vcpuAffinity()).isNull();
    assertThat(host.vgic.spiState(INTID).mapped()).isFalse();
    assertThat(producer.completions).isEqualTo(0);
  }

  @Test
  void unforwardedWhileActiveTheGuestCompletesBySoftwareAndTheHostWasCompletedOnce() {
    forward();
    vcpu.enter();
    irq.setLine(true);
    assertThat(vcpu.take()).isEqualTo(INTID);
    host.events.clear();

    host.registry.unregister(producer);

    assertThat(producer.completions).isEqualTo(1);
    assertThat(irq.isActive()).isFalse();
    assertThat(producer.isAutomasked()).isTrue();
    assertThat(host.vgic.spiState(INTID).active()).isTrue();
    assertThat(vcpu.take()).isEqualTo(-1);

    irq.setLine(false);
    vcpu.end(INTID);
    assertThat(host.events(HostIrqEvent.Deactivated.class)).hasSize(1);
    assertThat(resampled()).isTrue();
    assertThat(producer.isAutomasked()).isFalse();
    assertThat(vcpu.take()).isEqualTo(-1);

    irq.setLine(true);
    assertThat(vcpu.take()).isEqualTo(INTID);
  }

  @Test
  void unforwardedWhilePendingTheGuestStillTakesItOnce() {
    forward();
    irq.setLine(true);

    host.registry.unregister(producer);
    irq.setLine(false);

    assertThat(producer.completions).isEqualTo(1);
    assertThat(host.run(0)).containsExactly(INTID);
    assertThat(resampled()).isTrue();
    assertThat(host.run(0)).isEmpty();
  }

  @Test
  void unforwardedWhileLoadedAsPendingTheGuestStillTakesItOnce() {
    forward();
    vcpu.enter();
    irq.setLine(true);
    assertThat(vcpu.take()).isEqualTo(INTID);
    vcpu.end(INTID); // refires, and waits in the list register from the next visit on
    assertThat(vcpu.hasPending()).isTrue();

    host.registry.unregister(producer);
    irq.setLine(false);

    assertThat(vcpu.take()).isEqualTo(INTID);
    vcpu.end(INTID);
    assertThat(resampled()).isTrue();
    assertThat(vcpu.take()).isEqualTo(-1);
  }

  @Test
  void unforwardedAndForwardedAgainInFlightOnlyOnceItIsIdle() {
    forward();
    vcpu.enter();
    irq.setLine(true);
    vcpu.take();
    host.registry.unregister(producer);

    assertThat(errnoOf(() -> host.registry.register(producer, token))).isEqualTo(Errno.EAGAIN);

    irq.setLine(false);
    vcpu.end(INTID);
    assertThat(resampled()).isTrue();
    assertThat(host.registry.register(producer, token)).isEqualTo(0);
    irq.setLine(true);
    assertThat(vcpu.take()).isEqualTo(INTID);
    assertThat(vcpu.listRegisters().get(0).hardware()).isTrue();
  }

  @Test
  void deassignedWhileActiveTheHostIsCompletedOnce() {
    forward();
    vcpu.enter();
    irq.setLine(true);
    vcpu.take();

    host.vm.irqfd(IrqfdRequest.deassign(trigger, GSI));

    assertThat(producer.completions).isEqualTo(1);
    assertThat(irq.isForwarded()).isFalse();
    assertThat(host.vgic.spiState(INTID).mapped()).isFalse();
    vcpu.end(INTID);
    assertThat(vcpu.take()).isEqualTo(-1);
    assertThat(host.registry.connected()).isEqualTo(0);
  }

  @Test
  void deassignedWhileLoadedAsPendingItIsTakenOnceAndDoesNotStorm() {
    forward();
    irq.setLine(true);
    vcpu.enter();

    host.vm.irqfd(IrqfdRequest.deassign(trigger, GSI));

    assertThat(producer.completions).isEqualTo(1);
    assertThat(host.run(0)).containsExactly(INTID);
  }

  @Test
  void deassignedBeforeItIsLoadedTheLineIsLoweredAsAlways() {
    forward();
    irq.setLine(true);

    host.vm.irqfd(IrqfdRequest.deassign(trigger, GSI));

    assertThat(producer.completions).isEqualTo(1);
    assertThat(irq.isActive()).isFalse();
    assertThat(host.run(0)).isEmpty();
  }

  @Test
  void aRouteChangedWhilePendingDoesNotStormOnTheOldPin() {
    forward();
    host.vgic.configureSpi(43, Trigger.LEVEL, true);
    irq.setLine(true);

    host.vm.setGsiRouting(ImmutableList.of(RoutingEntry.irqchip(GSI, 0, 11)), 0);
    vcpu.enter();

    assertThat(vcpu.take()).isEqualTo(INTID);
    vcpu.end(INTID);
    assertThat(vcpu.take()).isEqualTo(43);
    irq.setLine(false);
    vcpu.end(43);
    assertThat(vcpu.take()).isEqualTo(-1);
  }

  private void route(int pin) {
    host.vm.setGsiRouting(ImmutableList.of(RoutingEntry.irqchip(GSI, 0, pin)), 0);
  }

  @Test
  void aRouteThatLeadsAwayAndBackWhileTheGuestHasItLeavesTheCompletionToTheGuest() {
    forward();
    vcpu.enter();
    irq.setLine(true);
    vcpu.take();
    irq.setLine(false);

    route(11);
    route(10);

    assertThat(irq.isActive()).isTrue();
    assertThat(irq.setLine(true)).isEqualTo(Raise.PENDING);
    assertThat(vcpu.take()).isEqualTo(-1);
    vcpu.end(INTID);
    assertThat(irq.handledCount()).isEqualTo(2);
    assertThat(vcpu.take()).isEqualTo(INTID);
    irq.setLine(false);
    vcpu.end(INTID);
    assertThat(irq.isActive()).isFalse();
    assertThat(vcpu.take()).isEqualTo(-1);
  }

  @Test
  void aRouteThatLeadsAwayAndBackWhileItIsPendingIsTakenAndCompletedOnce() {
    forward();
    irq.setLine(true);

    route(11);
    irq.setLine(false);
    route(10);

    assertThat(irq.isActive()).isTrue();
    host.vgic.configureSpi(43, Trigger.LEVEL, false);
    assertThat(host.run(0)).containsExactly(INTID);
    assertThat(irq.isActive()).isFalse();
  }

  /** Semantics 8: a guest ends nothing there whose host interrupt is not active. */
  @Test
  void aRouteThatComesBackToWhatIsPendingThereMakesTheHostInterruptActive() {
    forward();
    irq.setLine(true);
    irq.setLine(false);
    route(11);
    assertThat(irq.isActive()).isFalse();

    route(10);

    assertThat(irq.isActive()).isTrue();
    assertThat(host.run(0)).containsExactly(INTID);
    assertThat(irq.isActive()).isFalse();
  }

  /** Regression: what came meanwhile was completed as well, before the guest had taken it. */
  @Test
  void whatTheGuestEndsWhileTheRouteComesBackIsCompletedOnce() {
    forward();
    irq.setLine(true);
    irq.setLine(false);
    route(11);
    assertThat(vcpu.take()).isEqualTo(INTID);
    host.events.clear();
    host.trace.listen(
        (nanos, event) -> {
          host.events.add(event);
          if (event instanceof HostIrqEvent.Activated) {
            vcpu.end(INTID);
            irq.setLine(true);
          }
        });

    route(10);

    assertThat(host.events(HostIrqEvent.Deactivated.class)).hasSize(1);
    assertThat(irq.isActive()).isTrue(); // the next
    assertThat(vcpu.take()).isEqualTo(INTID);
  }

  @Test
  void aRouteChangedWhileNothingIsInFlightCompletesNothing() {
    forward();
    route(11);

    assertThat(host.events(HostIrqEvent.Activated.class)).isEmpty();
    assertThat(host.events(HostIrqEvent.Deactivated.class)).isEmpty();
  }

  @Test
  void closingTheVmWhileActiveCompletesTheHostOnce() {
    forward();
    irq.setLine(true);

    host.descriptors.close(host.vmFd);
    host.deferred.runAll();

    assertThat(producer.completions).isEqualTo(1);
    assertThat(irq.isActive()).isFalse();
    assertThat(irq.isForwarded()).isFalse();
  }

  @Test
  void connectingHaltsTheVcpusAndResumesThem() {
    assign();
    vcpu.enter();
    host.events.clear();

    assertThat(host.registry.register(producer, token)).isEqualTo(0);

    assertThat(host.exits(VcpuEvent.Reason.KICK)).isEqualTo(1);
    assertThat(host.vm.isHalted()).isFalse();
    List<Class<?>> order =
        host.events.stream()
            .<Class<?>>map(Object::getClass)
            .filter(kind -> kind.getEnclosingClass() == KvmEvent.class)
            .toList();
    assertThat(order)
        .containsExactly(
            KvmEvent.BypassStop.class,
            KvmEvent.BypassAddProducer.class,
            KvmEvent.BypassAddProducerReturned.class,
            KvmEvent.BypassStart.class)
        .inOrder();
  }

  @Test
  void aGsiWithoutPinRefuses() {
    for (ImmutableList<RoutingEntry> routes :
        ImmutableList.of(
            ImmutableList.<RoutingEntry>of(),
            ImmutableList.of(RoutingEntry.msi(GSI, 0x08090040, 0, 32)),
            ImmutableList.of(RoutingEntry.irqchip(GSI, 0, 500)))) {
      host.vm.setGsiRouting(routes, 0);
      assign();

      assertThat(errnoOf(() -> host.registry.register(producer, token))).isEqualTo(Errno.EINVAL);

      assertThat(irq.isForwarded()).isFalse();
      assertThat(host.vm.isHalted()).isFalse();
      assertThat(irq.isDisabled()).isFalse();
      host.vm.irqfd(IrqfdRequest.deassign(trigger, GSI));
    }
  }

  @Test
  void aGuestInterruptIsMappedOnce() {
    forward();
    int otherTrigger = host.eventfd();
    HostIrq otherIrq = host.interrupts.allocate("other", Trigger.LEVEL);
    WiredProducer other = new WiredProducer(otherIrq, host.context(otherTrigger)).request();
    host.vm.irqfd(IrqfdRequest.assign(otherTrigger, GSI));

    assertThat(errnoOf(() -> host.registry.register(other, host.context(otherTrigger))))
        .isEqualTo(Errno.EBUSY);

    assertThat(otherIrq.isForwarded()).isFalse();
    assertThat(irq.isForwarded()).isTrue();
    assertThat(status().isBypassed()).isTrue();
  }

  @Test
  void aChangedRouteUnmapsAndMapsAgain() {
    forward();

    host.vm.setGsiRouting(ImmutableList.of(RoutingEntry.irqchip(GSI, 0, 11)), 0);
    host.vgic.configureSpi(43, Trigger.LEVEL, true);

    assertThat(host.vgic.spiState(INTID).mapped()).isFalse();
    assertThat(host.vgic.spiState(43).mapped()).isTrue();
    assertThat(irq.vcpuAffinity()).isEqualTo(new VcpuAffinity.Forwarded(43));
    irq.setLine(true);
    vcpu.enter();
    assertThat(vcpu.take()).isEqualTo(43);
    irq.setLine(false);
    vcpu.end(43);
    assertThat(irq.isActive()).isFalse();
  }

  @Test
  void aRouteChangedInFlightCompletesTheHostAndALineStillHighComesThroughTheNewRoute() {
    forward();
    host.vgic.configureSpi(43, Trigger.LEVEL, true);
    vcpu.enter();
    irq.setLine(true);
    assertThat(vcpu.take()).isEqualTo(INTID);
    host.events.clear();

    host.vm.setGsiRouting(ImmutableList.of(RoutingEntry.irqchip(GSI, 0, 11)), 0);

    assertThat(host.events(HostIrqEvent.Deactivated.class)).hasSize(1);
    vcpu.end(INTID);
    assertThat(vcpu.take()).isEqualTo(43);
    irq.setLine(false);
    vcpu.end(43);
    assertThat(irq.isActive()).isFalse();
    assertThat(vcpu.take()).isEqualTo(-1);
  }

  @Test
  void aRouteThatIsGoneHoldsTheInterruptBackUntilThereIsOneAgain() {
    forward();
    vcpu.enter();

    host.vm.setGsiRouting(ImmutableList.of(), 0);
    assertThat(status().reason()).isEqualTo(BypassReason.ROUTE_MISSING);
    irq.setLine(true);
    assertThat(irq.handledCount()).isEqualTo(1); // and not for ever and ever
    host.deferred.runAll();
    assertThat(vcpu.take()).isEqualTo(-1);

    host.vm.setGsiRouting(ImmutableList.of(RoutingEntry.irqchip(GSI, 0, 10)), 0);
    assertThat(status().isBypassed()).isTrue();
    assertThat(vcpu.take()).isEqualTo(INTID);
  }

  @Test
  void anUnchangedRouteTouchesNothing() {
    forward();
    vcpu.enter();
    irq.setLine(true);
    assertThat(vcpu.take()).isEqualTo(INTID);
    host.events.clear();

    host.vm.setGsiRouting(
        ImmutableList.of(RoutingEntry.irqchip(GSI, 0, 10), RoutingEntry.irqchip(20, 0, 20)), 0);

    assertThat(irq.isActive()).isTrue();
    assertThat(host.events(VgicEvent.MapPhysIrq.class)).isEmpty();
    assertThat(vcpu.listRegisters().get(0).hardware()).isTrue();
  }

  @Test
  void anEdgeThatComesWhileOneIsActiveFiresAtDeactivation() {
    HostIrq edge = host.interrupts.allocate("edge", Trigger.EDGE);
    int fd = host.eventfd();
    WiredProducer edges = new WiredProducer(edge, host.context(fd)).request();
    host.vgic.configureSpi(52, Trigger.EDGE, true);
    host.vm.irqfd(IrqfdRequest.assign(fd, 20));
    assertThat(host.registry.register(edges, host.context(fd))).isEqualTo(0);
    vcpu.enter();

    assertThat(edge.raise()).isEqualTo(Raise.HANDLED);
    assertThat(vcpu.take()).isEqualTo(52);
    assertThat(edge.raise()).isEqualTo(Raise.PENDING);
    assertThat(edge.raise()).isEqualTo(Raise.MERGED);
    assertThat(vcpu.take()).isEqualTo(-1);
    vcpu.end(52);
    assertThat(vcpu.take()).isEqualTo(52);
    vcpu.end(52);
    assertThat(vcpu.take()).isEqualTo(-1);
    assertThat(edge.isActive()).isFalse();
  }

  /** Semantics 8: a guest ends nothing there whose host interrupt is not active. */
  @Test
  void anEdgeForwardedAgainInFlightIsActiveAndTheNextWaitsForTheGuestsEnd() {
    HostIrq edge = host.interrupts.allocate("edge", Trigger.EDGE);
    int fd = host.eventfd();
    WiredProducer edges = new WiredProducer(edge, host.context(fd)).request();
    host.vgic.configureSpi(52, Trigger.EDGE, true);
    host.vm.irqfd(IrqfdRequest.assign(fd, 20));
    assertThat(host.registry.register(edges, host.context(fd))).isEqualTo(0);
    vcpu.enter();
    assertThat(edge.raise()).isEqualTo(Raise.HANDLED);
    assertThat(vcpu.take()).isEqualTo(52);
    host.registry.unregister(edges);
    assertThat(edge.isActive()).isFalse();

    assertThat(host.registry.register(edges, host.context(fd))).isEqualTo(0);

    assertThat(edge.isActive()).isTrue();
    assertThat(edge.raise()).isEqualTo(Raise.PENDING);
    vcpu.end(52);
    assertThat(edge.isActive()).isTrue(); // the next
    assertThat(vcpu.take()).isEqualTo(52);
    vcpu.end(52);
    assertThat(edge.isActive()).isFalse();
    assertThat(vcpu.take()).isEqualTo(-1);
  }

  @Test
  void aMessageConnectsAndIsNotForwarded() {
    HostIrq message = host.interrupts.allocateMessage("nic-0");
    int fd = host.eventfd();
    WiredProducer sender = new WiredProducer(message, host.context(fd)).request();
    host.vgic.configureSpi(52, Trigger.EDGE, true);
    host.vm.irqfd(IrqfdRequest.assign(fd, 20));

    assertThat(host.registry.register(sender, host.context(fd))).isEqualTo(0);

    BypassStatus status = host.vm.irqfds().get(0).status();
    assertThat(status.state()).isEqualTo(BypassStatus.State.CONNECTED);
    assertThat(status.reason()).isEqualTo(BypassReason.HARDWARE_CANNOT);
    assertThat(message.isForwarded()).isFalse();
    assertThat(message.raise()).isEqualTo(Raise.HANDLED);
    assertThat(message.raise()).isEqualTo(Raise.HANDLED);
    assertThat(host.run(0)).containsExactly(52);
  }

  @Test
  void anInterruptPushedOutOfTheListRegistersIsCompletedAllTheSame() {
    forward();
    vcpu.enter();
    irq.setLine(true);
    host.vgic.setPriority(INTID, 0xf8);
    assertThat(vcpu.take()).isEqualTo(INTID);
    irq.setLine(false);
    for (int spi = 60; spi < 64; spi++) { // as many as there are registers, all more urgent
      host.vgic.configureSpi(spi, Trigger.EDGE, true);
      host.vgic.setPriority(spi, 0x80 - 8 * (spi - 60));
      var unused = host.vgic.inject(0, spi, true, null);
      assertThat(vcpu.take()).isEqualTo(spi);
    }

    for (int spi = 63; spi >= 60; spi--) {
      vcpu.end(spi);
    }
    vcpu.end(INTID);

    assertThat(irq.isActive()).isFalse();
    assertThat(vcpu.take()).isEqualTo(-1);
  }

  // ---- Why not, and what a new route's failure tells

  private HostIrq secondForwarded(int gsi) {
    HostIrq other = host.interrupts.allocate("rtc", Trigger.LEVEL);
    int fd = host.eventfd();
    host.vm.irqfd(IrqfdRequest.assign(fd, gsi));
    WiredProducer second = new WiredProducer(other, host.context(fd)).request();
    assertThat(host.registry.register(second, host.context(fd))).isEqualTo(0);
    return other;
  }

  @Test
  void aRouteThatIsMissingOrNoSpisRefusesAndSaysWhich() {
    assign();
    host.vm.setGsiRouting(ImmutableList.of(), 0);
    assertThat(errnoOf(() -> host.registry.register(producer, token))).isEqualTo(Errno.EINVAL);
    assertThat(producer.status().reason()).isEqualTo(BypassReason.ROUTE_MISSING);
    host.vm.setGsiRouting(ImmutableList.of(RoutingEntry.irqchip(GSI, 0, 500)), 0);
    assertThat(errnoOf(() -> host.registry.register(producer, token))).isEqualTo(Errno.EINVAL);
    assertThat(producer.status().reason()).isEqualTo(BypassReason.ROUTE_MISSING);
    host.vm.setGsiRouting(ImmutableList.of(RoutingEntry.msi(GSI, 0x08090040, 0, 32)), 0);
    assertThat(errnoOf(() -> host.registry.register(producer, token))).isEqualTo(Errno.EINVAL);
    assertThat(producer.status().reason()).isEqualTo(BypassReason.HARDWARE_CANNOT);
  }

  @Test
  void aRouteThatLeadsToNoSpiIsToldAsInvalid() {
    forward();
    host.vm.setGsiRouting(ImmutableList.of(), 0);
    assertThat(host.events(KvmEvent.UpdateIrqfdRoutingReturned.class))
        .containsExactly(
            new KvmEvent.UpdateIrqfdRoutingReturned(
                host.vm.irqfds().get(0), -Errno.EINVAL.number()));
    assertThat(host.vgic.spiState(INTID).mapped()).isFalse();
  }

  @Test
  void aRouteThatLeadsToNoSpiIsMissing_andOneToAMessageIsNotForThisHardware() {
    forward();
    route(500);
    assertThat(status().reason()).isEqualTo(BypassReason.ROUTE_MISSING);
    host.vm.setGsiRouting(ImmutableList.of(RoutingEntry.msi(GSI, 0x08090040, 0, 32)), 0);
    assertThat(status().reason()).isEqualTo(BypassReason.HARDWARE_CANNOT);
  }

  /** What the guest has in flight there completes the other one. */
  @Test
  void aHostInterruptThatIsRefusedIsNotMadeActive() {
    forward();
    HostIrq other = secondForwarded(GSI + 1);
    host.vgic.configureSpi(INTID + 1, Trigger.LEVEL, true);
    other.setLine(true);
    assertThat(vcpu.take()).isEqualTo(INTID + 1);
    other.setLine(false);
    host.vm.setGsiRouting(
        ImmutableList.of(
            RoutingEntry.irqchip(GSI, 0, GSI + 1), RoutingEntry.irqchip(GSI + 1, 0, GSI + 1)),
        0);
    assertThat(status().reason()).isEqualTo(BypassReason.PEER_REFUSED);
    assertThat(irq.isActive()).isFalse();
    vcpu.end(INTID + 1);

    assertThat(other.isActive()).isFalse();
    assertThat(irq.isActive()).isFalse();
  }

  @Test
  void aRouteToAnSpiThatAnotherHostInterruptHasIsToldAsBusy() {
    forward();
    HostIrq other = secondForwarded(GSI + 1);
    host.events.clear();
    host.vm.setGsiRouting(
        ImmutableList.of(
            RoutingEntry.irqchip(GSI, 0, GSI + 1), RoutingEntry.irqchip(GSI + 1, 0, GSI + 1)),
        0);
    assertThat(host.events(KvmEvent.UpdateIrqfdRoutingReturned.class))
        .contains(
            new KvmEvent.UpdateIrqfdRoutingReturned(
                host.vm.irqfds().get(0), -Errno.EBUSY.number()));
    assertThat(status().reason()).isEqualTo(BypassReason.PEER_REFUSED);
    assertThat(other.vcpuAffinity()).isEqualTo(new VcpuAffinity.Forwarded(INTID + 1));
  }
}
