package org.irqbypass.kvm.arm64;

import static com.google.common.truth.Truth.assertThat;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import org.irqbypass.host.Trigger;
import org.irqbypass.kvm.Vcpu;
import org.irqbypass.kvm.VcpuEvent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the guest takes in which order, and what makes its vCPU exit. */
final class ListRegistersTest {
  @RegisterExtension final ArmHost host = new ArmHost();

  private final Arm64Vcpu vcpu;

  private ListRegistersTest() {
    var unused = new GicBringUp(2, 64, false, false, false).bringUp(host.vm);
    vcpu = host.vcpu(0);
  }

  private void raise(int spi, int priority) {
    host.vgic.configureSpi(spi, Trigger.EDGE, true);
    host.vgic.setPriority(spi, priority);
    assertThat(host.vgic.inject(0, spi, true, null)).isEqualTo(0);
  }

  @Test
  void theMostUrgentIsTakenFirst() {
    raise(40, 0xa0);
    raise(41, 0x40);
    raise(42, 0x80);

    assertThat(host.run(0)).containsExactly(41, 42, 40).inOrder();
  }

  @Test
  void onlyAMoreUrgentOnePreempts() {
    vcpu.enter();
    raise(40, 0xa0);
    assertThat(vcpu.take()).isEqualTo(40);
    raise(41, 0xa0);
    assertThat(vcpu.take()).isEqualTo(-1);
    raise(42, 0x40);
    assertThat(vcpu.take()).isEqualTo(42);
    vcpu.end(42);
    assertThat(vcpu.take()).isEqualTo(-1);
    vcpu.end(40);
    assertThat(vcpu.take()).isEqualTo(41);
  }

  @Test
  void thePriorityMaskHoldsBackWhatIsNotBelowIt() {
    raise(40, 0x80);
    vcpu.maskPriorities(0x80);
    assertThat(vcpu.hasPending()).isFalse();
    assertThat(vcpu.take()).isEqualTo(-1);
    vcpu.maskPriorities(0x88);
    assertThat(vcpu.hasPending()).isTrue();
    assertThat(vcpu.take()).isEqualTo(40);
  }

  @Test
  void droppingThePriorityLetsOthersThroughAndKeepsTheInterruptActive() {
    vcpu.enter();
    raise(40, 0xa0);
    assertThat(vcpu.take()).isEqualTo(40);
    raise(41, 0xa0);
    vcpu.dropPriority(40);

    assertThat(vcpu.take()).isEqualTo(41);
    assertThat(host.vgic.spiState(40).active()).isTrue();
    vcpu.deactivate(40);
    assertThat(host.vgic.spiState(40).active()).isFalse();
  }

  @Test
  void aFixedNumberIsLoadedAndMaintenanceBringsTheRest() {
    List<Integer> raised = new ArrayList<>();
    for (int spi = 40; spi < 50; spi++) {
      raise(spi, 0xa0);
      raised.add(spi);
    }
    vcpu.enter();

    assertThat(vcpu.listRegisters()).hasSize(4);
    vcpu.leave();
    assertThat(host.run(0)).containsExactlyElementsIn(raised);
    // 4 are loaded; each time one is left of what was loaded, the vCPU comes out for more
    assertThat(host.exits(VcpuEvent.Reason.MAINTENANCE)).isEqualTo(2);
  }

  /** In EOImode 1, what waits for its deactivation only keeps nobody out. */
  @Test
  void activeInterruptsWhosePriorityWasDroppedDoNotFillTheRegisters() {
    vcpu.enter();
    for (int spi = 40; spi < 50; spi++) {
      raise(spi, spi < 44 ? 0x40 : 0xa0);
    }
    List<Integer> taken = new ArrayList<>();
    for (int intid = vcpu.take(); intid >= 0; intid = vcpu.take()) {
      taken.add(intid);
      vcpu.dropPriority(intid);
    }
    assertThat(taken).containsExactly(40, 41, 42, 43, 44, 45, 46, 47, 48, 49);
    // 4 fit; each time all of them are active, the vCPU comes out for more
    assertThat(host.exits(VcpuEvent.Reason.MAINTENANCE)).isEqualTo(2);

    taken.forEach(vcpu::deactivate);
    for (int intid : taken) {
      assertThat(host.vgic.spiState(intid).active()).isFalse();
    }
    assertThat(vcpu.listRegisters()).isEmpty();
  }

  @Test
  void whatComesAgainWhileAMappedEdgeIsActiveIsTakenOnceThatIsDeactivated() {
    host.vgic.configureSpi(40, Trigger.EDGE, true);
    host.vgic.map(40, host.interrupts.allocate("button", Trigger.EDGE));
    vcpu.enter();
    raise(40, 0xa0);
    assertThat(vcpu.take()).isEqualTo(40);
    raise(40, 0xa0);
    assertThat(vcpu.take()).isEqualTo(-1);
    vcpu.end(40);

    assertThat(vcpu.take()).isEqualTo(40);
  }

  @Test
  void whatTheGuestDisabledWhileItWasActiveIsNotTakenAgain() {
    vcpu.enter();
    raise(40, 0xa0);
    assertThat(vcpu.take()).isEqualTo(40);
    raise(40, 0xa0);
    host.vgic.configureSpi(40, Trigger.EDGE, false);
    vcpu.leave();
    vcpu.enter();
    vcpu.end(40);
    assertThat(vcpu.take()).isEqualTo(-1);

    host.vgic.configureSpi(40, Trigger.EDGE, true);
    assertThat(vcpu.take()).isEqualTo(40);
  }

  @Test
  void aRunningVcpuIsKickedOnceForWhatComesBeforeItLooks() {
    vcpu.enter();
    raise(40, 0xa0);
    raise(41, 0xa0);
    assertThat(host.exits(VcpuEvent.Reason.KICK)).isEqualTo(1);
    assertThat(vcpu.take()).isEqualTo(40);
    raise(42, 0xa0);
    assertThat(host.exits(VcpuEvent.Reason.KICK)).isEqualTo(2);
  }

  @Test
  void aVcpuOutsideGuestModeIsToldAndDoesNotExit() {
    List<Vcpu> told = new ArrayList<>();
    vcpu.listen(told::add);

    raise(40, 0xa0);

    assertThat(told).isNotEmpty();
    assertThat(host.events(VcpuEvent.Exit.class)).isEmpty();
    assertThat(vcpu.hasPending()).isTrue();
    assertThat(vcpu.listRegisters()).isEmpty();
  }

  @Test
  void whatWasNotTakenIsFoldedBackWhenTheVcpuLeaves() {
    vcpu.enter();
    raise(40, 0xa0);
    assertThat(vcpu.hasPending()).isTrue();
    vcpu.leave();

    assertThat(host.vgic.spiState(40).pending()).isTrue();
    assertThat(host.run(0)).containsExactly(40);
  }

  @Test
  void whatAListRegisterHoldsIsPendingUntilItIsTaken() {
    raise(40, 0xa0);
    vcpu.enter();
    assertThat(vcpu.listRegisters()).hasSize(1);
    assertThat(vcpu.hasPending()).isTrue();
    assertThat(vcpu.take()).isEqualTo(40);
    assertThat(vcpu.hasPending()).isFalse();
  }

  /** Equals do not preempt each other, wherever they wait. */
  @Test
  void whatIsAsUrgentAsWhatRunsIsNotPendingYet() {
    raise(40, 0xa0);
    vcpu.enter();
    assertThat(vcpu.take()).isEqualTo(40);
    vcpu.leave();
    raise(41, 0xa0);
    assertThat(vcpu.hasPending()).isFalse();
    raise(42, 0x40);
    assertThat(vcpu.hasPending()).isTrue();
  }

  @Test
  void anActiveInterruptSurvivesALeaveAndIsEndedAfterIt() {
    vcpu.enter();
    raise(40, 0xa0);
    assertThat(vcpu.take()).isEqualTo(40);
    vcpu.leave();
    assertThat(host.vgic.spiState(40).active()).isTrue();
    vcpu.enter();
    vcpu.end(40);
    vcpu.leave();

    assertThat(host.vgic.spiState(40).active()).isFalse();
  }

  @Test
  void aPendingInterruptMovesWithItsTargetAndAnActiveOneStays() {
    raise(40, 0xa0);
    host.vgic.setTarget(40, 1);
    assertThat(host.run(0)).isEmpty();
    assertThat(host.run(1)).containsExactly(40);

    vcpu.enter();
    raise(41, 0xa0);
    assertThat(vcpu.take()).isEqualTo(41);
    host.vgic.setTarget(41, 1);
    assertThat(host.run(1)).isEmpty();
    assertThat(host.vgic.spiState(41).active()).isTrue();
    vcpu.end(41);
    raise(41, 0xa0);
    assertThat(vcpu.take()).isEqualTo(-1);
    assertThat(host.run(1)).containsExactly(41);
  }

  @Test
  void endingWhatIsNotActiveDoesNothing() {
    vcpu.enter();
    raise(40, 0xa0);
    vcpu.end(40);
    vcpu.end(77);
    vcpu.end(-1);
    vcpu.end(9999);

    assertThat(vcpu.take()).isEqualTo(40);
  }

  @Test
  void aLevelPpiIsTakenByItsVcpuOnly() {
    assertThat(host.vgic.inject(1, 3, true, null)).isEqualTo(0); // an SGI

    assertThat(host.run(0)).isEmpty();
    assertThat(host.run(1)).isEqualTo(ImmutableList.of(3));
  }

  /** Where more waits than fits, the most urgent are loaded, and of equals the first. */
  @Test
  void theMostUrgentAreLoaded() {
    raise(40, 0xa0);
    raise(41, 0xa0);
    raise(42, 0x40);
    raise(43, 0xa0);
    raise(44, 0x80);
    raise(45, 0xa0);
    vcpu.enter();
    assertThat(vcpu.listRegisters().stream().map(ListRegister::intid).toList())
        .containsExactly(42, 44, 40, 41);
  }
}
