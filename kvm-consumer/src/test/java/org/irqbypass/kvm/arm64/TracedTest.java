package org.irqbypass.kvm.arm64;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.common.collect.ImmutableList;
import java.util.List;
import org.irqbypass.errno.Errno;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.Trigger;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.VcpuEvent;
import org.irqbypass.registry.BypassConsumer;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.BypassReason;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.trace.TraceEvent;
import org.irqbypass.work.Work;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a listener sees of a guest is what a tracer of the kernel's functions sees. */
final class TracedTest {
  private static final int GSI = 10;
  private static final int INTID = 42;

  @RegisterExtension final ArmHost host = new ArmHost().withGic();
  private final Arm64Vcpu vcpu = host.vcpu(0);

  private List<TraceEvent> told() {
    List<TraceEvent> told = ImmutableList.copyOf(host.events);
    host.events.clear();
    return told;
  }

  private static VgicEvent returned(VgicFunction function, int result) {
    return new VgicEvent.Returned(function, result);
  }

  @Test
  void anInterruptIsInjectedTakenAndEnded() {
    host.vgic.configureSpi(INTID, Trigger.EDGE, true);
    int eventfd = host.eventfd();
    host.vm.irqfd(IrqfdRequest.assign(eventfd, GSI));
    vcpu.enter();
    told();
    host.context(eventfd).signal();
    assertThat(told())
        .containsAtLeast(
            new VgicEvent.SetIrqInatomic(1), returned(VgicFunction.KVM_ARCH_SET_IRQ_INATOMIC, 0))
        .inOrder();
    assertThat(vcpu.take()).isEqualTo(INTID);
    assertThat(told()).contains(new VcpuEvent.Take(vcpu, INTID));
    vcpu.end(INTID);
    assertThat(told()).contains(new VcpuEvent.End(vcpu, INTID));
    assertThat(vcpu.take()).isEqualTo(-1);
    assertThat(told().stream().filter(VcpuEvent.Take.class::isInstance).toList()).isEmpty();
  }

  /** Pin 500 is beyond the interrupts of this guest. */
  @Test
  void anInterruptThatTheGuestDoesNotHaveIsRefused() {
    host.vm.setGsiRouting(List.of(RoutingEntry.irqchip(GSI, 0, 500)), 0);
    told();
    assertThat(host.vm.setIrq(0, GSI, 1, false)).isLessThan(0);
    assertThat(told())
        .containsAtLeast(
            new VgicEvent.IrqfdSetIrq(1),
            returned(VgicFunction.VGIC_IRQFD_SET_IRQ, -Errno.EINVAL.number()))
        .inOrder();
    host.vgic.configureSpi(INTID, Trigger.EDGE, true);
    host.vm.setGsiRouting(List.of(RoutingEntry.irqchip(GSI, 0, INTID - 32)), 0);
    told();
    assertThat(host.vm.setIrq(0, GSI, 1, false)).isEqualTo(0);
    assertThat(told())
        .containsAtLeast(new VgicEvent.IrqfdSetIrq(1), returned(VgicFunction.VGIC_IRQFD_SET_IRQ, 0))
        .inOrder();
    assertThat(host.vm.setIrq(0, GSI, 0, false)).isEqualTo(0);
  }

  /** A message on a host that completes wired interrupts: asked for, and nothing is done. */
  @Test
  void aMessageThatCannotBeForwardedIsAskedForAllTheSame() {
    int eventfd = host.eventfd();
    HostIrq message = host.interrupts.allocateMessage("nic");
    message.request(fired -> true, true);
    BypassProducer producer =
        new BypassProducer(message, ConnectPolicy.OPPORTUNISTIC) {
          @Override
          protected int addConsumer(BypassConsumer consumer) {
            return 0;
          }
        };
    host.vm.irqfd(IrqfdRequest.assign(eventfd, GSI));
    told();
    host.registry.register(producer, host.context(eventfd));
    assertThat(
            told().stream()
                .filter(VgicEvent.class::isInstance)
                .map(event -> event.getClass().getSimpleName()))
        .containsAtLeast("V4SetForwarding", "Returned")
        .inOrder();
    assertThat(producer.status().reason()).isEqualTo(BypassReason.HARDWARE_CANNOT);
    host.vm.setGsiRouting(List.of(RoutingEntry.irqchip(GSI, 0, 20)), 0);
    assertThat(producer.status().reason()).isEqualTo(BypassReason.HARDWARE_CANNOT);
    told();
    host.registry.unregister(producer);
    assertThat(
            told().stream()
                .filter(VgicEvent.class::isInstance)
                .map(event -> event.getClass().getSimpleName()))
        .containsAtLeast("V4UnsetForwarding", "Returned")
        .inOrder();
  }

  /** {@code kvm_arm_halt_guest()}: whatever it is about to do, a vCPU of a halted VM waits. */
  @Test
  void noVcpuOfAHaltedVmExecutes() {
    host.vgic.configureSpi(INTID, Trigger.EDGE, true);
    vcpu.enter();
    host.vm.haltVcpus();
    for (Runnable act :
        List.<Runnable>of(
            vcpu::take,
            () -> vcpu.end(INTID),
            () -> vcpu.dropPriority(INTID),
            () -> vcpu.deactivate(INTID),
            () -> vcpu.sendSgi(1, 0))) {
      assertThat(ArmHost.errnoOf(act::run)).isEqualTo(Errno.EDEADLK);
    }
    host.deferred.schedule(new Work("resume", host.vm::resumeVcpus));
    assertThat(vcpu.take()).isEqualTo(-1);
    assertThat(host.vm.isHalted()).isFalse();
  }

  /** A guest that executes is in guest mode again, also after it was kicked. */
  @Test
  void whoTakesOrEndsIsBackInTheGuest() {
    host.vgic.configureSpi(INTID, Trigger.EDGE, true);
    for (Runnable act :
        List.<Runnable>of(vcpu::take, () -> vcpu.end(INTID), () -> vcpu.dropPriority(INTID))) {
      vcpu.enter();
      vcpu.kick();
      assertThat(vcpu.isInGuestMode()).isFalse();
      act.run();
      assertThat(vcpu.isInGuestMode()).isTrue();
    }
  }

  @Test
  void anInterruptAndAMaskHaveAPriorityOfAByte() {
    assertThrows(
        IllegalArgumentException.class, () -> vcpu.configurePrivate(20, Trigger.LEVEL, 256, true));
    assertThrows(
        IllegalArgumentException.class, () -> vcpu.configurePrivate(20, Trigger.LEVEL, -1, true));
    assertThrows(
        IndexOutOfBoundsException.class, () -> vcpu.configurePrivate(32, Trigger.LEVEL, 0, true));
    assertThrows(IllegalArgumentException.class, () -> vcpu.maskPriorities(-1));
    assertThrows(IllegalArgumentException.class, () -> vcpu.maskPriorities(257));
    assertThrows(IllegalArgumentException.class, () -> host.vgic.setPriority(INTID, 256));
    vcpu.maskPriorities(256);
    vcpu.configurePrivate(20, Trigger.LEVEL, 255, true);
    vcpu.enter();
    assertThat(host.vgic.inject(0, 20, true, null)).isEqualTo(0);
    assertThat(vcpu.take()).isEqualTo(20);
    vcpu.end(20);
    vcpu.maskPriorities(0); // lets nothing through
    assertThat(vcpu.take()).isEqualTo(-1);
  }

  /** An SGI is an edge whatever it is configured as; a PPI is what it is configured as. */
  @Test
  void whatIsPrivateToAVcpuKeepsItsKind() {
    vcpu.configurePrivate(16, Trigger.LEVEL, 0x80, true);
    vcpu.configurePrivate(15, Trigger.LEVEL, 0x80, true);
    vcpu.enter();
    assertThat(host.vgic.inject(0, 16, true, null)).isEqualTo(0);
    assertThat(vcpu.take()).isEqualTo(16);
    vcpu.end(16);
    assertThat(vcpu.take()).isEqualTo(16); // the line is still high
    assertThat(host.vgic.inject(0, 16, false, null)).isEqualTo(0);
    vcpu.end(16);
    assertThat(vcpu.take()).isEqualTo(-1);
    vcpu.sendSgi(15, 0);
    assertThat(vcpu.take()).isEqualTo(15);
    vcpu.sendSgi(15, 0); // waits for the end of the one before
    vcpu.end(15);
    assertThat(vcpu.take()).isEqualTo(15);
    vcpu.end(15);
    assertThat(vcpu.take()).isEqualTo(-1);
  }

  @Test
  void hardwareHasOneToSixteenListRegistersAndVirtualMessagesOnlyWithVersion3() {
    for (int registers : new int[] {0, 17, -1}) {
      assertThrows(
          IllegalArgumentException.class, () -> new GicHardware(GicVersion.V3, registers, false));
    }
    assertThrows(IllegalArgumentException.class, () -> new GicHardware(GicVersion.V2, 4, true));
    assertThat(new GicHardware(GicVersion.V3, 1, true).virtualLpis()).isTrue();
    assertThat(new GicHardware(GicVersion.V2, 16, false).listRegisters()).isEqualTo(16);
    assertThrows(IllegalArgumentException.class, () -> new GicBringUp(-1, 64, true, true, true));
  }

  @Test
  void whereAMessageLeadsCanBeAsked() {
    ArmHost its = new ArmHost().withIts(1);
    long doorbell = 0x08090040;
    Its translator = its.arm64.itses().get(0);
    translator.execute(new ItsCommand.Mapd(32, 5, true));
    translator.execute(new ItsCommand.Mapti(32, 0, 8192, 0));
    assertThat(its.arm64.lpiOf(GSI)).isEqualTo(-1); // a pin
    its.vm.setGsiRouting(
        List.of(
            RoutingEntry.msi(GSI, doorbell, 0, 32),
            RoutingEntry.msi(11, doorbell, 1, 32),
            RoutingEntry.msi(12, 0x1000, 0, 32)),
        0);
    assertThat(its.arm64.lpiOf(GSI)).isEqualTo(8192);
    assertThat(its.arm64.lpiOf(11)).isEqualTo(-1); // no such event
    assertThat(its.arm64.lpiOf(12)).isEqualTo(-1); // no ITS there
    assertThat(its.arm64.lpiOf(13)).isEqualTo(-1); // no route
  }
}
