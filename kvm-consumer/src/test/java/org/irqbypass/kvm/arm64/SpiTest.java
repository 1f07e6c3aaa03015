package org.irqbypass.kvm.arm64;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.kvm.arm64.ArmHost.errnoOf;

import com.google.common.collect.ImmutableList;
import java.util.Collections;
import org.irqbypass.errno.Errno;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.Trigger;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.KvmEvent;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.Vcpu;
import org.irqbypass.kvm.VcpuEvent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** SPIs end to end, as recorded: edge, level, resampled. */
final class SpiTest {
  private static final int GSI = 10;
  private static final int INTID = 42;

  @RegisterExtension final ArmHost host = new ArmHost().withGic();
  private final int e0 = host.eventfd();
  private final int e1 = host.eventfd();
  private final int e2 = host.eventfd();

  private void configure(Trigger trigger) {
    host.vgic.configureSpi(INTID, trigger, true);
  }

  private SpiState state() {
    return host.vgic.spiState(INTID);
  }

  @Test
  void anEdgeIsLatchedInPlaceAndTakenOnce() {
    configure(Trigger.EDGE);
    host.vm.irqfd(IrqfdRequest.assign(e0, GSI));

    host.context(e0).write(5); // no deferred work runs

    assertThat(state().pending()).isTrue();
    assertThat(state().line()).isFalse();
    assertThat(host.run(0)).containsExactly(INTID);
    assertThat(state().pending()).isFalse();
    assertThat(host.run(0)).isEmpty();
    assertThat(host.events(KvmEvent.AckIrq.class)).isEmpty();
  }

  @Test
  void edgesThatComeBeforeTheFirstIsTakenCoalesce() {
    configure(Trigger.EDGE);
    host.vm.irqfd(IrqfdRequest.assign(e0, GSI));
    host.write(e0);
    host.write(e0);

    assertThat(host.run(0)).containsExactly(INTID);
  }

  @Test
  void anEdgeThatComesWhileOneIsActiveIsTakenAfterIt() {
    configure(Trigger.EDGE);
    host.vm.irqfd(IrqfdRequest.assign(e0, GSI));
    Arm64Vcpu vcpu = host.vcpu(0);
    vcpu.enter();
    host.write(e0);
    assertThat(vcpu.take()).isEqualTo(INTID);
    host.write(e0);

    assertThat(vcpu.take()).isEqualTo(-1);
    assertThat(vcpu.listRegisters().get(0).pending()).isTrue();
    assertThat(vcpu.listRegisters().get(0).active()).isTrue();
    vcpu.end(INTID);
    assertThat(vcpu.take()).isEqualTo(INTID);
    vcpu.end(INTID);
    assertThat(vcpu.take()).isEqualTo(-1);
  }

  @Test
  void aPlainIrqfdRaisesALevelAndNeverLowersIt() {
    configure(Trigger.LEVEL);
    host.vm.irqfd(IrqfdRequest.assign(e0, GSI));

    host.write(e0);

    assertThat(state().pending()).isFalse();
    assertThat(state().line()).isTrue();
    assertThat(host.run(0)).isEqualTo(Collections.nCopies(64, INTID));
    assertThat(host.events(KvmEvent.AckIrq.class)).hasSize(64);
    assertThat(host.exits(VcpuEvent.Reason.MAINTENANCE)).isEqualTo(64);
    assertThat(state().line()).isTrue();
  }

  @Test
  void aDisabledInterruptWaits() {
    host.vgic.configureSpi(INTID, Trigger.EDGE, false);
    host.vm.irqfd(IrqfdRequest.assign(e0, GSI));
    host.write(e0);

    assertThat(host.run(0)).isEmpty();
    assertThat(state().pending()).isTrue();
    configure(Trigger.EDGE);
    assertThat(host.run(0)).containsExactly(INTID);
  }

  @Test
  void theGuestsEndLowersAResampledLevelAndSignals() {
    configure(Trigger.LEVEL);
    host.vm.irqfd(IrqfdRequest.resample(e0, GSI, e1));
    host.write(e0);
    host.write(e0);
    assertThat(host.read(e1)).isEqualTo(0);

    assertThat(host.run(0)).containsExactly(INTID);

    assertThat(host.read(e1)).isEqualTo(1);
    assertThat(state().line()).isFalse();
    assertThat(host.exits(VcpuEvent.Reason.MAINTENANCE)).isEqualTo(1);
    assertThat(host.exits(VcpuEvent.Reason.KICK)).isEqualTo(0);
  }

  @Test
  void theFirstSpiIsResampledToo() {
    host.vgic.configureSpi(32, Trigger.LEVEL, true);
    host.vm.irqfd(IrqfdRequest.resample(e0, 0, e1));
    host.write(e0);

    assertThat(host.run(0)).containsExactly(32);
    assertThat(host.read(e1)).isEqualTo(1);
  }

  @Test
  void allResamplersOfAnInterruptAreSignalled() {
    configure(Trigger.LEVEL);
    int e3 = host.eventfd();
    host.vm.irqfd(IrqfdRequest.resample(e0, GSI, e1));
    host.vm.irqfd(IrqfdRequest.resample(e2, GSI, e3));
    host.write(e0);

    assertThat(host.run(0)).containsExactly(INTID);
    assertThat(host.read(e1)).isEqualTo(1);
    assertThat(host.read(e3)).isEqualTo(1);
  }

  @Test
  void unbindingTheLastResampledIrqfdLowersTheLine() {
    configure(Trigger.LEVEL);
    host.vm.irqfd(IrqfdRequest.resample(e0, GSI, e1));
    host.write(e0);
    assertThat(state().line()).isTrue();

    host.vm.irqfd(IrqfdRequest.deassign(e0, GSI));

    assertThat(state().line()).isFalse();
    assertThat(host.run(0)).isEmpty();
    assertThat(host.read(e1)).isEqualTo(0);
  }

  @Test
  void aPlainIrqfdSharesTheResamplersLine() {
    configure(Trigger.LEVEL);
    host.vm.irqfd(IrqfdRequest.resample(e0, GSI, e1));
    host.vm.irqfd(IrqfdRequest.assign(e2, GSI));
    host.write(e2);
    host.write(e0);

    assertThat(host.run(0)).containsExactly(INTID);
    assertThat(host.read(e1)).isEqualTo(1);
  }

  @Test
  void withoutEndOfInterruptNothingIsResampled() {
    configure(Trigger.LEVEL);
    host.vm.irqfd(IrqfdRequest.resample(e0, GSI, e1));
    host.write(e0);
    Arm64Vcpu vcpu = host.vcpu(0);

    assertThat(vcpu.take()).isEqualTo(INTID);

    assertThat(host.read(e1)).isEqualTo(0);
    assertThat(state().active()).isTrue();
    assertThat(state().line()).isTrue();
    assertThat(vcpu.take()).isEqualTo(-1);
  }

  @Test
  void anEdgeNeverResamples() {
    configure(Trigger.EDGE);
    host.vm.irqfd(IrqfdRequest.resample(e0, GSI, e1));
    host.write(e0);

    assertThat(host.run(0)).containsExactly(INTID);
    assertThat(host.read(e1)).isEqualTo(0);
  }

  @Test
  void aPinBeyondTheSpisIsRoutedAndInjectsNothing() {
    host.vm.setGsiRouting(ImmutableList.of(RoutingEntry.irqchip(70, 0, 70)), 0);
    host.vm.irqfd(IrqfdRequest.assign(e0, 70));

    host.write(e0);

    assertThat(host.read(e0)).isEqualTo(0);
    assertThat(host.events(VgicEvent.UpdateIrqPending.class)).isEmpty();
    assertThat(host.events(KvmEvent.IrqfdInject.class)).isEmpty();
  }

  @Test
  void aGsiGoesWhereItsPinSays() {
    host.vm.setGsiRouting(ImmutableList.of(RoutingEntry.irqchip(9, 0, 11)), 0);
    host.vgic.configureSpi(41, Trigger.EDGE, true);
    host.vgic.configureSpi(43, Trigger.EDGE, true);
    host.vm.irqfd(IrqfdRequest.assign(e0, 9));
    host.write(e0);

    assertThat(host.run(0)).containsExactly(43);
  }

  @Test
  void inPlaceInjectionIsToldInLinuxsOrder() {
    configure(Trigger.EDGE);
    host.vm.irqfd(IrqfdRequest.assign(e0, GSI));
    host.events.clear();

    host.write(e0);

    assertThat(host.events)
        .containsExactly(
            new VgicEvent.SetIrqInatomic(1),
            new VgicEvent.UpdateIrqPending(host.vm, 0, INTID, true),
            new VgicEvent.Returned(VgicFunction.KVM_ARCH_SET_IRQ_INATOMIC, 0))
        .inOrder();
  }

  @Test
  void aSignalWithoutRouteTakesAWorkItemAndIsDropped() {
    host.vm.setGsiRouting(ImmutableList.of(), 0);
    host.vm.irqfd(IrqfdRequest.assign(e0, GSI));
    host.events.clear();

    host.write(e0);

    assertThat(host.events(VgicEvent.Returned.class))
        .containsExactly(
            new VgicEvent.Returned(VgicFunction.KVM_ARCH_SET_IRQ_INATOMIC, -Errno.EAGAIN.number()));
    assertThat(host.events(KvmEvent.SetIrq.class)).hasSize(2);
    assertThat(host.read(e0)).isEqualTo(0);
  }

  @Test
  void anInterruptWithAnOwnerIsDrivenByItAlone() {
    configure(Trigger.LEVEL);
    Object owner = new Object();
    host.vgic.setOwner(0, INTID, owner);
    assertThat(errnoOf(() -> host.vgic.setOwner(0, INTID, new Object()))).isEqualTo(Errno.EEXIST);
    assertThat(errnoOf(() -> host.vgic.setOwner(0, 3, owner))).isEqualTo(Errno.EINVAL);

    assertThat(host.vgic.inject(0, INTID, true, null)).isEqualTo(0);
    assertThat(state().line()).isFalse();
    assertThat(host.vgic.inject(0, INTID, true, owner)).isEqualTo(0);
    assertThat(state().line()).isTrue();
  }

  @Test
  void theStateShowsWhatAListRegisterHolds() {
    configure(Trigger.EDGE);
    assertThat(host.vgic.inject(0, INTID, true, null)).isEqualTo(0);
    Arm64Vcpu vcpu = host.vcpu(0);
    vcpu.enter();
    assertThat(vcpu.listRegisters()).hasSize(1);
    assertThat(state().pending()).isTrue();
    assertThat(state().active()).isFalse();
    assertThat(vcpu.take()).isEqualTo(INTID);
    assertThat(state().pending()).isFalse();
    assertThat(state().active()).isTrue();
    assertThat(host.vgic.inject(0, INTID, true, null)).isEqualTo(0);
    assertThat(state().pending()).isTrue();
    vcpu.end(INTID);
    assertThat(state().active()).isFalse();
  }

  /** A level's own pending bit is a guest's write to it, not its line. */
  @Test
  void aLevelThatAListRegisterHoldsIsPendingByItsLineAlone() {
    configure(Trigger.LEVEL);
    assertThat(host.vgic.inject(0, INTID, true, null)).isEqualTo(0);
    host.vcpu(0).enter();
    assertThat(host.vcpu(0).listRegisters().get(0).pending()).isTrue();
    assertThat(state().pending()).isFalse();
    assertThat(state().line()).isTrue();
  }

  @Test
  void anOwnerIsForPpisAndSpis_andItsVcpuCountsForPpisOnly() {
    Object owner = new Object();
    host.vgic.setOwner(0, 16, owner);
    assertThat(errnoOf(() -> host.vgic.setOwner(0, 15, owner))).isEqualTo(Errno.EINVAL);
    assertThat(errnoOf(() -> host.vgic.setOwner(1, 17, owner))).isEqualTo(Errno.EINVAL);
    host.vgic.setOwner(-1, INTID, owner);
    host.vgic.setOwner(0, INTID, owner);
    assertThat(errnoOf(() -> host.vgic.setOwner(0, INTID, this))).isEqualTo(Errno.EEXIST);
  }

  @Test
  void disablingWhatAListRegisterHoldsKicksItsVcpu() {
    configure(Trigger.EDGE);
    assertThat(host.vgic.inject(0, INTID, true, null)).isEqualTo(0);
    Arm64Vcpu vcpu = host.vcpu(0);
    vcpu.enter();
    host.events.clear();
    host.vgic.configureSpi(INTID, Trigger.EDGE, false);
    assertThat(host.exits(VcpuEvent.Reason.KICK)).isEqualTo(1);
    assertThat(vcpu.take()).isEqualTo(-1);
  }

  @Test
  void puttingAHostInterruptBehindAnInterruptIsTold() {
    HostIrq uart = host.interrupts.allocate("uart", Trigger.LEVEL);
    host.vgic.map(INTID, uart);
    host.vgic.unmap(INTID);
    assertThat(host.events(VgicEvent.MapPhysIrq.class))
        .containsExactly(new VgicEvent.MapPhysIrq(host.vm, INTID, uart));
    assertThat(host.events(VgicEvent.UnmapPhysIrq.class))
        .containsExactly(new VgicEvent.UnmapPhysIrq(host.vm, INTID));
  }

  /** Its rise was taken: from then on only rises count, and the host sees to the next one. */
  @Test
  void aLevelThatIsActiveWhenAHostInterruptIsPutBehindItIsNotTakenAgain() {
    configure(Trigger.LEVEL);
    assertThat(host.vgic.inject(0, INTID, true, null)).isEqualTo(0);
    Arm64Vcpu vcpu = host.vcpu(0);
    vcpu.enter();
    assertThat(vcpu.take()).isEqualTo(INTID);
    host.vgic.map(INTID, host.interrupts.allocate("uart", Trigger.LEVEL));
    vcpu.end(INTID);
    assertThat(vcpu.take()).isEqualTo(-1);
    assertThat(state().line()).isFalse();
  }

  @Test
  void aSignalWithoutRouteIsToldAsOneThatHasARoute() {
    host.vm.setGsiRouting(ImmutableList.of(), 0);
    host.vm.irqfd(IrqfdRequest.assign(e0, GSI));
    host.events.clear();
    host.context(e0).write(1);
    assertThat(host.events(VgicEvent.SetIrqInatomic.class))
        .containsExactly(new VgicEvent.SetIrqInatomic(1));
  }

  /** {@code KVM_IRQ_LINE} without a vGIC: a line of the vCPU itself. */
  @Test
  void aLineOfAVcpuWithoutControllerWakesIt() {
    ArmHost bare = new ArmHost();
    bare.vm.createVcpu(0);
    assertThat(bare.vcpu(0).block()).isTrue();
    assertThat(bare.vm.irqLine(0, 1)).isEqualTo(0);
    assertThat(bare.vcpu(0).scheduling()).isEqualTo(Vcpu.Scheduling.PREEMPTED);
    assertThat(errnoOf(() -> bare.vm.irqLine(2, 1))).isEqualTo(Errno.EINVAL);
    assertThat(errnoOf(() -> bare.vm.irqLine(1 << 16, 1))).isEqualTo(Errno.EINVAL);
  }

  @Test
  void aLineOfAnSpiIsNoPrivateInterrupt() {
    assertThat(errnoOf(() -> host.vm.irqLine(1 << 24 | 31, 1))).isEqualTo(Errno.EINVAL);
    host.vm.irqLine(1 << 24 | 32, 1);
    assertThat(host.vgic.spiState(32).line()).isTrue();
    assertThat(errnoOf(() -> host.vm.irqLine(2 << 24 | 32, 1))).isEqualTo(Errno.EINVAL);
    assertThat(errnoOf(() -> host.vm.irqLine(2 << 24 | 15, 1))).isEqualTo(Errno.EINVAL);
    host.vm.irqLine(2 << 24 | 31, 1);
    host.vm.irqLine(2 << 24 | 16, 1);
  }
}
