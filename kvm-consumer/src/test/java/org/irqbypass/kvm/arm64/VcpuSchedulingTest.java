package org.irqbypass.kvm.arm64;

import static com.google.common.truth.Truth.assertThat;

import com.google.common.collect.ImmutableList;
import java.util.Objects;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.HostIrqEvent;
import org.irqbypass.host.Raise;
import org.irqbypass.host.Trigger;
import org.irqbypass.host.VcpuAffinity;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.KvmRules;
import org.irqbypass.kvm.Msi;
import org.irqbypass.kvm.RestlessVcpu;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.Vcpu.Scheduling;
import org.irqbypass.kvm.VcpuEvent;
import org.irqbypass.registry.BypassConsumer;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.ConnectPolicy;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * vCPUs of Arm guests that are loaded, preempted, blocked and moved: their list registers, their
 * vPEs, and what wakes them (semantics 6.4 and 8).
 */
final class VcpuSchedulingTest {
  private static final int SPI = 40;
  private static final int DEVICE = 32;
  private static final int LPI = 8192;
  private static final int GSI = 10;
  private static final long DOORBELL = 0x08090040;
  private static final Msi EVENT = new Msi((int) DOORBELL, 0, 1, Msi.VALID_DEVID, DEVICE);

  @RegisterExtension final ArmHost host = new ArmHost(KvmRules.LINUX_6_17).withIts(2);
  private final Arm64Vcpu vcpu = host.vcpu(0);
  private final HostIrq nic = forwarded();

  /** A device whose message reaches the guest as a vLPI. */
  private HostIrq forwarded() {
    Its its = host.arm64.itses().get(0);
    its.execute(new ItsCommand.Mapd(DEVICE, 5, true));
    its.execute(new ItsCommand.Mapti(DEVICE, 0, LPI, 0));
    its.execute(new ItsCommand.Mapti(DEVICE, 1, LPI + 1, 0));
    host.vgic.configureSpi(SPI, Trigger.EDGE, true);
    host.vm.setGsiRouting(ImmutableList.of(RoutingEntry.msi(GSI, DOORBELL, 0, DEVICE)), 0);
    int eventfd = host.eventfd();
    HostIrq irq = host.interrupts.allocateMessage("nic");
    irq.request(fired -> true, true);
    host.vm.irqfd(IrqfdRequest.assign(eventfd, GSI));
    BypassProducer producer =
        new BypassProducer(irq, ConnectPolicy.OPPORTUNISTIC) {
          @Override
          protected int addConsumer(BypassConsumer consumer) {
            return 0;
          }
        };
    assertThat(host.registry.register(producer, host.context(eventfd))).isEqualTo(0);
    host.events.clear();
    return irq;
  }

  private void command(ItsCommand command) {
    host.arm64.itses().get(0).execute(command);
  }

  private void raiseSpi() {
    assertThat(host.vgic.inject(0, SPI, true, null)).isEqualTo(0);
  }

  private long doorbells() {
    return host.events(VgicEvent.V4DoorbellHandler.class).size();
  }

  private long wakeUps() {
    return host.events(VcpuEvent.WakeUp.class).size();
  }

  // ---- Software's interrupts

  @Test
  void schedulingOutLeavesGuestModeAndFoldsTheListRegistersBack() {
    vcpu.enter();
    raiseSpi();
    assertThat(vcpu.take()).isEqualTo(SPI);
    raiseSpi();
    assertThat(vcpu.listRegisters()).hasSize(1);
    vcpu.put();

    assertThat(vcpu.isRunning()).isFalse();
    assertThat(vcpu.listRegisters()).isEmpty();
    assertThat(host.vgic.spiState(SPI).active()).isTrue();
    assertThat(host.vgic.spiState(SPI).pending()).isTrue();
    vcpu.enter();
    vcpu.end(SPI);
    assertThat(vcpu.take()).isEqualTo(SPI);
  }

  @Test
  void aVcpuWithSomethingPendingDoesNotBlock() {
    raiseSpi();
    assertThat(vcpu.block()).isFalse();
    assertThat(vcpu.scheduling()).isEqualTo(Scheduling.LOADED);
    assertThat(host.run(0)).containsExactly(SPI);
    assertThat(nic.raise()).isEqualTo(Raise.POSTED);
    assertThat(vcpu.block()).isFalse();
    assertThat(host.run(0)).containsExactly(LPI);
    assertThat(host.events(VcpuEvent.Put.class)).isEmpty();
  }

  @Test
  void whatSoftwareInjectsWakesWhoBlocks_anSpiAndAnLpi() {
    assertThat(vcpu.block()).isTrue();
    raiseSpi();
    assertThat(vcpu.scheduling()).isEqualTo(Scheduling.PREEMPTED);
    assertThat(host.run(0)).containsExactly(SPI);

    assertThat(vcpu.block()).isTrue();
    host.vm.signalMsi(EVENT);
    assertThat(vcpu.scheduling()).isEqualTo(Scheduling.PREEMPTED);
    assertThat(host.run(0)).containsExactly(LPI + 1);
    assertThat(wakeUps()).isEqualTo(2);
    assertThat(doorbells()).isEqualTo(0);
    assertThat(host.events(VcpuEvent.Exit.class)).isEmpty();
  }

  @Test
  void whatSoftwareInjectsWaitsForWhoIsPreempted() {
    vcpu.enter();
    vcpu.put();
    raiseSpi();
    host.vm.signalMsi(EVENT);

    assertThat(vcpu.scheduling()).isEqualTo(Scheduling.PREEMPTED);
    assertThat(wakeUps()).isEqualTo(0);
    vcpu.load(3);
    assertThat(host.run(0)).containsExactly(SPI, LPI + 1);
  }

  @Test
  void anInterruptThatMovesWakesWhoBlocksWhereItGoes() {
    host.vcpu(0).put();
    raiseSpi();
    assertThat(host.vcpu(1).block()).isTrue();
    host.vgic.setTarget(SPI, 1);

    assertThat(host.vcpu(1).scheduling()).isEqualTo(Scheduling.PREEMPTED);
    assertThat(host.run(0)).isEmpty();
    assertThat(host.run(1)).containsExactly(SPI);
  }

  /** {@code vgic_prune_ap_list()} kicks who gets what it hands over. */
  @Test
  void whatComesAgainAndIsHandedOverWakesWhoBlocksWhereItGoes() {
    raiseSpi();
    assertThat(vcpu.take()).isEqualTo(SPI);
    raiseSpi();
    assertThat(host.vcpu(1).block()).isTrue();
    host.vgic.setTarget(SPI, 1);
    assertThat(host.vcpu(1).scheduling()).isEqualTo(Scheduling.BLOCKED);
    vcpu.end(SPI);

    assertThat(host.vcpu(1).scheduling()).isEqualTo(Scheduling.PREEMPTED);
    assertThat(host.run(0)).isEmpty();
    assertThat(host.run(1)).containsExactly(SPI);
  }

  /** An edge that came again and moved: ended, it waits in a register of the vCPU it left. */
  private void cameAgainMovedAndEnded() {
    vcpu.enter();
    raiseSpi();
    assertThat(vcpu.take()).isEqualTo(SPI);
    raiseSpi();
    host.vgic.setTarget(SPI, 1);
    vcpu.end(SPI);
    assertThat(vcpu.listRegisters()).hasSize(1);
    assertThat(host.vcpu(1).block()).isTrue();
  }

  @Test
  void whatIsHandedOverByAVcpuThatLeavesWakesWhoBlocksWhereItGoes() {
    cameAgainMovedAndEnded();
    vcpu.leave();

    assertThat(host.vcpu(1).scheduling()).isEqualTo(Scheduling.PREEMPTED);
    assertThat(host.run(0)).isEmpty();
    assertThat(host.run(1)).containsExactly(SPI);
  }

  @Test
  void whatIsHandedOverByAVcpuThatTakesAnotherWakesWhoBlocksWhereItGoes() {
    host.vgic.configureSpi(SPI + 1, Trigger.EDGE, true);
    cameAgainMovedAndEnded();
    assertThat(host.vgic.inject(0, SPI + 1, true, null)).isEqualTo(0);
    assertThat(vcpu.take()).isEqualTo(SPI + 1);

    assertThat(host.vcpu(1).scheduling()).isEqualTo(Scheduling.PREEMPTED);
    assertThat(host.run(1)).containsExactly(SPI);
  }

  @Test
  void aLevelThatMovedWhileItWasActiveGoesOverAtItsEnd_andKicksNobodyElse() {
    host.vgic.configureSpi(SPI, Trigger.LEVEL, true);
    vcpu.enter();
    raiseSpi();
    assertThat(vcpu.take()).isEqualTo(SPI);
    host.vgic.setTarget(SPI, 1);
    assertThat(host.vcpu(1).block()).isTrue();
    host.events.clear();
    vcpu.end(SPI);

    assertThat(host.vcpu(1).scheduling()).isEqualTo(Scheduling.PREEMPTED);
    assertThat(host.exits(VcpuEvent.Reason.KICK)).isEqualTo(0);
    assertThat(host.exits(VcpuEvent.Reason.MAINTENANCE)).isEqualTo(1);
    assertThat(host.vcpu(1).take()).isEqualTo(SPI);
    assertThat(vcpu.take()).isEqualTo(-1);
  }

  @Test
  void whatMovesAwayDoesNotWakeWhoLosesIt() {
    host.vgic.setPriority(SPI, 0xa0);
    vcpu.maskPriorities(0x80);
    raiseSpi();
    assertThat(vcpu.block()).isTrue();
    assertThat(host.vcpu(1).block()).isTrue();
    host.vgic.setTarget(SPI, 1);

    assertThat(vcpu.scheduling()).isEqualTo(Scheduling.BLOCKED);
    assertThat(host.vcpu(1).scheduling()).isEqualTo(Scheduling.PREEMPTED);
  }

  @Test
  void anActiveInterruptSurvivesAMoveToAnotherPhysicalCpuAndCompletesOnce() {
    host.vgic.configureSpi(SPI, Trigger.LEVEL, true);
    HostIrq uart = host.interrupts.allocate("uart", Trigger.LEVEL);
    host.vgic.map(SPI, uart);
    uart.forward(true);
    uart.request(fired -> host.vgic.inject(0, SPI, true, null) == 0, true);
    vcpu.enter();
    uart.setLine(true);
    assertThat(vcpu.take()).isEqualTo(SPI);
    vcpu.load(5);
    uart.setLine(false);
    assertThat(uart.isActive()).isTrue();
    vcpu.enter();
    vcpu.dropPriority(SPI);
    vcpu.load(6);
    vcpu.deactivate(SPI);

    assertThat(uart.isActive()).isFalse();
    assertThat(host.events(HostIrqEvent.Deactivated.class)).hasSize(1);
    assertThat(host.run(0)).isEmpty();
  }

  // ---- The hardware's

  @Test
  void theVpeIsResidentWhileItsVcpuRuns() {
    assertThat(vcpu.isResident()).isFalse();
    vcpu.enter();
    assertThat(vcpu.isResident()).isTrue();
    vcpu.put();
    assertThat(vcpu.isResident()).isFalse();
    vcpu.load(2);
    assertThat(vcpu.isResident()).isFalse();
    vcpu.enter();
    assertThat(vcpu.isResident()).isTrue();
    assertThat(vcpu.block()).isTrue();
    assertThat(vcpu.isResident()).isFalse();
    vcpu.enter();
    vcpu.leave();
    assertThat(vcpu.isResident()).isFalse();
  }

  @Test
  void preempted_aVirtualLpiWaitsAndNobodyIsTold() {
    vcpu.enter();
    vcpu.put();
    nic.raise();

    assertThat(doorbells()).isEqualTo(0);
    assertThat(wakeUps()).isEqualTo(0);
    assertThat(vcpu.scheduling()).isEqualTo(Scheduling.PREEMPTED);
    assertThat(host.events(VcpuEvent.Posted.class))
        .containsExactly(new VcpuEvent.Posted(vcpu, LPI, false));
    vcpu.load(7);
    vcpu.enter();
    assertThat(vcpu.take()).isEqualTo(LPI);
    assertThat(host.events(VcpuEvent.Exit.class)).isEmpty();
  }

  @Test
  void blocked_theDoorbellRingsOnceAndWakesTheVcpu() {
    command(new ItsCommand.Movi(DEVICE, 0, 1));
    assertThat(host.vcpu(1).block()).isTrue();
    nic.raise();
    nic.raise();

    assertThat(doorbells()).isEqualTo(1);
    assertThat(wakeUps()).isEqualTo(1);
    assertThat(host.vcpu(1).scheduling()).isEqualTo(Scheduling.PREEMPTED);
    assertThat(host.run(1)).containsExactly(LPI);
  }

  @Test
  void blockedAgain_theDoorbellRingsAgain() {
    for (int round = 1; round <= 3; round++) {
      vcpu.load(round);
      assertThat(vcpu.block()).isTrue();
      nic.raise();
      assertThat(doorbells()).isEqualTo(round);
      vcpu.load(round + 1);
      vcpu.enter();
      assertThat(vcpu.take()).isEqualTo(LPI);
      vcpu.end(LPI);
    }
  }

  @Test
  void loadedAgain_theDoorbellIsWantedNoMore() {
    assertThat(vcpu.block()).isTrue();
    vcpu.load(3);
    nic.raise();

    assertThat(doorbells()).isEqualTo(0);
    assertThat(host.events(VcpuEvent.Posted.class))
        .containsExactly(new VcpuEvent.Posted(vcpu, LPI, false));
    assertThat(host.run(0)).containsExactly(LPI);
  }

  @Test
  void theDoorbellWakesWhateverTheGuestsPriorityMask_whoThenMayBlockAgain() {
    vcpu.maskPriorities(0x80);
    assertThat(vcpu.block()).isTrue();
    nic.raise();
    assertThat(vcpu.scheduling()).isEqualTo(Scheduling.PREEMPTED);
    assertThat(vcpu.block()).isTrue();
    nic.raise(); // pending already: nothing new
    assertThat(vcpu.scheduling()).isEqualTo(Scheduling.BLOCKED);
    vcpu.maskPriorities(0x100);
    assertThat(host.run(0)).containsExactly(LPI);
  }

  @Test
  void whatIsPendingAndMovesToAVcpuThatBlocksRingsItsDoorbell() {
    vcpu.put();
    nic.raise();
    assertThat(host.vcpu(1).block()).isTrue();
    command(new ItsCommand.Movi(DEVICE, 0, 1));

    assertThat(doorbells()).isEqualTo(1);
    assertThat(host.vcpu(1).scheduling()).isEqualTo(Scheduling.PREEMPTED);
    assertThat(host.run(1)).containsExactly(LPI);
    assertThat(host.run(0)).isEmpty();
  }

  @Test
  void movingAVirtualLpiAwayLeavesWhoBlocksAsleep() {
    assertThat(vcpu.block()).isTrue();
    command(new ItsCommand.Movi(DEVICE, 0, 1));
    nic.raise();

    assertThat(vcpu.scheduling()).isEqualTo(Scheduling.BLOCKED);
    assertThat(host.run(1)).containsExactly(LPI);
  }

  @Test
  void aDisabledVirtualLpiWakesNobodyUntilItIsEnabled() {
    host.vgic.lpis().writeProperties(LPI, 0xa0, false);
    command(new ItsCommand.Inv(DEVICE, 0));
    assertThat(vcpu.block()).isTrue();
    nic.raise();
    assertThat(doorbells()).isEqualTo(0);
    host.vgic.lpis().writeProperties(LPI, 0xa0, true);
    command(new ItsCommand.Inv(DEVICE, 0));

    assertThat(doorbells()).isEqualTo(1);
    assertThat(vcpu.scheduling()).isEqualTo(Scheduling.PREEMPTED);
    assertThat(host.run(0)).containsExactly(LPI);
  }

  @Test
  void whereAVirtualLpiGoesCanBeAsked() {
    VcpuAffinity affinity = Objects.requireNonNull(nic.vcpuAffinity());
    VirtualLpi vlpi = (VirtualLpi) ((VcpuAffinity.VirtualLpi) affinity).mapping();
    assertThat(vlpi.vcpu()).isSameInstanceAs(vcpu);
    assertThat(vlpi.intid()).isEqualTo(LPI);
    command(new ItsCommand.Movi(DEVICE, 0, 1));
    assertThat(vlpi.vcpu()).isSameInstanceAs(host.vcpu(1));
  }

  /** A device delivers to a vCPU that blocks, is preempted, runs and moves all the time. */
  @Tag("threads")
  @Test
  void noDoorbellIsLostUnderThreads() throws Exception {
    host.trace.listen(null);
    RestlessVcpu.takesAll(vcpu, LPI, nic::raise);
  }
}
