package org.irqbypass.kvm.arm64;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.kvm.arm64.ArmHost.errnoOf;

import java.util.stream.IntStream;
import org.irqbypass.errno.Errno;
import org.irqbypass.host.Trigger;
import org.irqbypass.kvm.KvmEvent;
import org.irqbypass.kvm.Vcpu.Scheduling;
import org.irqbypass.kvm.VcpuEvent;
import org.irqbypass.registry.ConnectPolicy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** SGIs, PPIs and SPIs told apart: who sends, and whose they are. */
final class PrivateInterruptsTest {
  private static final int TIMER = 27;

  private static ArmHost started(GicHardware hardware) {
    ArmHost host = new ArmHost(hardware, ConnectPolicy.OPPORTUNISTIC);
    var unused = new GicBringUp(3, 64, false, false, false).bringUp(host.vm);
    return host;
  }

  private static int from(int sender, int sgi) {
    return sender << 10 | sgi;
  }

  @Test
  void onAGicv2SgisOfSeveralSendersAreTakenOneByOne_eachWithItsSender() {
    ArmHost host = started(GicHardware.GICV2);
    host.vcpu(1).sendSgi(5, 0);
    host.vcpu(2).sendSgi(5, 0);
    host.vcpu(2).sendSgi(5, 0);

    assertThat(host.run(0)).containsExactly(from(1, 5), from(2, 5)).inOrder();
    assertThat(host.run(1)).isEmpty();
  }

  @Test
  void onAGicv2ASenderWaitsWhileAnothersIsActive_andSurvivesALeave() {
    ArmHost host = started(GicHardware.GICV2);
    Arm64Vcpu vcpu = host.vcpu(0);
    vcpu.enter();
    host.vcpu(2).sendSgi(5, 0);
    assertThat(vcpu.take()).isEqualTo(from(2, 5));
    host.vcpu(1).sendSgi(5, 0);
    vcpu.dropPriority(from(2, 5));
    assertThat(vcpu.take()).isEqualTo(-1);
    vcpu.put();
    vcpu.enter();
    vcpu.deactivate(from(2, 5));

    assertThat(vcpu.take()).isEqualTo(from(1, 5));
    vcpu.end(from(1, 5));
    assertThat(vcpu.take()).isEqualTo(-1);
    assertThat(vcpu.listRegisters()).isEmpty();
  }

  /** The hypervisor brings the next sender's when the guest is done with one. */
  @Test
  void onAGicv2TheEndOfAnSgiMakesTheVcpuExitWhileAnotherSenderWaits_andResamplesNothing() {
    ArmHost host = started(GicHardware.GICV2);
    Arm64Vcpu vcpu = host.vcpu(0);
    host.vcpu(1).sendSgi(5, 0);
    host.vcpu(2).sendSgi(5, 0);
    vcpu.enter();
    assertThat(vcpu.listRegisters().get(0).eoiMaintenance()).isTrue();
    assertThat(vcpu.take()).isEqualTo(from(1, 5));
    vcpu.end(from(1, 5));
    assertThat(host.exits(VcpuEvent.Reason.MAINTENANCE)).isEqualTo(1);
    assertThat(vcpu.take()).isEqualTo(from(2, 5));
    assertThat(vcpu.listRegisters().get(0).eoiMaintenance()).isFalse();
    vcpu.end(from(2, 5));

    assertThat(host.exits(VcpuEvent.Reason.MAINTENANCE)).isEqualTo(1);
    assertThat(host.events(KvmEvent.AckIrq.class)).isEmpty();
  }

  @Test
  void onAGicv2AnSgiThatNobodySentIsTheFirstVcpusAndTakesNobodysPlace() {
    ArmHost host = started(GicHardware.GICV2);
    host.vcpu(2).sendSgi(5, 0);
    assertThat(host.vgic.inject(0, 5, true, null)).isEqualTo(0);
    assertThat(host.run(0)).containsExactly(from(0, 5), from(2, 5)).inOrder();
  }

  @Test
  void onAGicv3SgisOfSeveralSendersAreOne() {
    ArmHost host = started(GicHardware.GICV3);
    host.vcpu(1).sendSgi(5, 0);
    host.vcpu(2).sendSgi(5, 0);

    assertThat(host.run(0)).containsExactly(5);
  }

  @Test
  void anSgiWakesWhoBlocks() {
    ArmHost host = started(GicHardware.GICV3);
    assertThat(host.vcpu(1).block()).isTrue();
    host.vcpu(0).sendSgi(1, 1);

    assertThat(host.vcpu(1).scheduling()).isEqualTo(Scheduling.PREEMPTED);
    assertThat(host.run(1)).containsExactly(1);
  }

  @Test
  void thereMustBeSuchAVcpu() {
    ArmHost host = started(GicHardware.GICV3);
    assertThat(errnoOf(() -> host.vcpu(0).sendSgi(1, 3))).isEqualTo(Errno.EINVAL);
  }

  @Test
  void aPpiIsEachVcpusOwn_andALevelIsTakenWhileItIsHigh() {
    ArmHost host = started(GicHardware.GICV3);
    host.vcpu(0).configurePrivate(TIMER, Trigger.LEVEL, 0xa0, true);
    assertThat(host.vgic.inject(0, TIMER, true, null)).isEqualTo(0);
    assertThat(host.vgic.inject(1, TIMER, true, null)).isEqualTo(0);
    assertThat(host.run(1)).isEmpty(); // not enabled there

    Arm64Vcpu vcpu = host.vcpu(0);
    assertThat(vcpu.take()).isEqualTo(TIMER);
    vcpu.end(TIMER);
    assertThat(vcpu.take()).isEqualTo(TIMER);
    assertThat(host.vgic.inject(0, TIMER, false, null)).isEqualTo(0);
    vcpu.end(TIMER);
    assertThat(vcpu.take()).isEqualTo(-1);

    host.vcpu(1).configurePrivate(TIMER, Trigger.LEVEL, 0xa0, true);
    assertThat(host.vcpu(1).take()).isEqualTo(TIMER);
    assertThat(host.events(KvmEvent.AckIrq.class)).isEmpty(); // it has no pin
  }

  @Test
  void untilToldOtherwiseSgisAreEnabledAndPpisAreNot() {
    ArmHost host = started(GicHardware.GICV3);
    for (int intid = 0; intid < Vgic.PRIVATE_IRQS; intid++) {
      assertThat(host.vgic.inject(0, intid, true, null)).isEqualTo(0);
    }
    assertThat(host.run(0))
        .containsExactlyElementsIn(IntStream.range(0, Vgic.SGIS).boxed().toList());
  }

  @Test
  void onAGicv2WhatWasNotTakenKeepsItsSenderWhenTheVcpuLeaves() {
    ArmHost host = started(GicHardware.GICV2);
    host.vcpu(2).sendSgi(5, 0);
    host.vcpu(0).enter();
    assertThat(host.vcpu(0).listRegisters()).hasSize(1);
    host.vcpu(0).leave();
    assertThat(host.run(0)).containsExactly(from(2, 5));
  }

  /** Senders are those of SGIs: an edge of a device may be pending while it is active. */
  @ParameterizedTest
  @ValueSource(ints = {16, 40})
  void onAGicv2AnEdgeOfADeviceHasNoSender(int intid) {
    ArmHost host = started(GicHardware.GICV2);
    Arm64Vcpu vcpu = host.vcpu(0);
    if (intid < Vgic.PRIVATE_IRQS) {
      vcpu.configurePrivate(intid, Trigger.EDGE, 0, true);
    } else {
      host.vgic.configureSpi(intid, Trigger.EDGE, true);
    }
    vcpu.enter();
    assertThat(host.vgic.inject(0, intid, true, null)).isEqualTo(0);
    assertThat(vcpu.take()).isEqualTo(intid);
    assertThat(host.vgic.inject(0, intid, true, null)).isEqualTo(0);
    assertThat(vcpu.take()).isEqualTo(-1);
    ListRegister again = new ListRegister(intid, 0, true, true, false, -1, false);
    assertThat(vcpu.listRegisters()).containsExactly(again);
    vcpu.leave();
    vcpu.enter();
    assertThat(vcpu.listRegisters()).containsExactly(again);
  }

  @Test
  void aBringUpMayMakeNoVcpus() {
    ArmHost host = new ArmHost();
    assertThat(new GicBringUp(0, 64, false, false, false).bringUp(host.vm).vcpus()).isEmpty();
    assertThat(host.vgic.isInitialized()).isTrue();
  }
}
