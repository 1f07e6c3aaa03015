package org.irqbypass.kvm.arm64;

import static com.google.common.truth.Truth.assertThat;

import com.google.common.collect.ImmutableList;
import org.irqbypass.host.Trigger;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.KvmEvent;
import org.irqbypass.kvm.Msi;
import org.irqbypass.kvm.Vcpu.Scheduling;
import org.irqbypass.kvm.VcpuEvent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * More waits than the four list registers hold: what is in them, when the vCPU comes out for the
 * rest, and how an interrupt ends that others have pushed out.
 */
final class MaintenanceTest {
  private static final int SPI = 40;
  private static final int WAITING = 60;
  private static final int URGENT = 0x40;
  private static final int USUAL = 0xa0;
  private static final int LAZY = 0xc0;
  private static final int UNMASKED = 0x100;
  private static final int DEVICE = 32;
  private static final int LPI = 8192;

  @RegisterExtension final ArmHost host = new ArmHost().withIts(2);
  private final Arm64Vcpu vcpu = host.vcpu(0);

  private void inject(int spi) {
    assertThat(host.vgic.inject(0, spi, true, null)).isEqualTo(0);
  }

  /** Edges of one priority, from one number to below another. */
  private void raise(int from, int below, int priority) {
    for (int spi = from; spi < below; spi++) {
      host.vgic.configureSpi(spi, Trigger.EDGE, true);
      host.vgic.setPriority(spi, priority);
      inject(spi);
    }
  }

  private void takeAndEnd(int spi) {
    assertThat(vcpu.take()).isEqualTo(spi);
    vcpu.end(spi);
  }

  private void takeAndDrop(int intid) {
    assertThat(vcpu.take()).isEqualTo(intid);
    vcpu.dropPriority(intid);
  }

  /** As many as there are registers wait, and the guest takes the first of them. */
  private void pushOutWhatIsDropped() {
    raise(WAITING, WAITING + 4, USUAL);
    assertThat(vcpu.take()).isEqualTo(WAITING);
    assertThat(loaded()).containsExactly(WAITING, WAITING + 1, WAITING + 2, WAITING + 3);
    host.events.clear();
  }

  private ImmutableList<Integer> loaded() {
    return vcpu.listRegisters().stream()
        .map(ListRegister::intid)
        .collect(ImmutableList.toImmutableList());
  }

  private long maintenance() {
    return host.exits(VcpuEvent.Reason.MAINTENANCE);
  }

  // ---- When the vCPU comes out

  /** {@code ICH_HCR_UIE}. The exit is over when the guest goes on: who comes then kicks it. */
  @Test
  void theRestIsFetchedOnceOneRegisterAtMostIsInUse() {
    raise(SPI, SPI + 6, USUAL);
    vcpu.enter();
    takeAndEnd(SPI);
    takeAndEnd(SPI + 1);
    assertThat(maintenance()).isEqualTo(0);
    takeAndEnd(SPI + 2);

    assertThat(maintenance()).isEqualTo(1);
    assertThat(vcpu.isInGuestMode()).isTrue();
    raise(SPI + 6, SPI + 7, USUAL);
    assertThat(host.exits(VcpuEvent.Reason.KICK)).isEqualTo(1);
    for (int spi = SPI + 3; spi < SPI + 7; spi++) {
      takeAndEnd(spi);
    }
    assertThat(maintenance()).isEqualTo(1);
  }

  /** {@code ICH_HCR_NPIE}: nothing in the registers is pending. */
  @Test
  void theRestIsFetchedWhenAllInTheRegistersIsDropped_whicheverCameFirst() {
    raise(WAITING, WAITING + 4, USUAL);
    raise(SPI, SPI + 4, URGENT);
    vcpu.enter();
    for (int spi = SPI; spi < SPI + 3; spi++) {
      takeAndDrop(spi);
    }
    assertThat(maintenance()).isEqualTo(0);
    takeAndDrop(SPI + 3);

    assertThat(maintenance()).isEqualTo(1);
    assertThat(vcpu.isInGuestMode()).isTrue();
    assertThat(vcpu.take()).isEqualTo(WAITING);
    assertThat(loaded()).containsExactly(WAITING, WAITING + 1, WAITING + 2, WAITING + 3);
  }

  @Test
  void theRestIsFetchedWhenTheGuestUnmasksIt() {
    raise(SPI, SPI + 4, URGENT);
    raise(WAITING, WAITING + 4, USUAL);
    vcpu.enter();
    vcpu.maskPriorities(0x80);
    for (int spi = SPI; spi < SPI + 4; spi++) {
      takeAndDrop(spi);
    }
    assertThat(vcpu.hasPending()).isFalse();
    assertThat(maintenance()).isEqualTo(0);
    vcpu.maskPriorities(UNMASKED);

    assertThat(vcpu.hasPending()).isTrue();
    assertThat(maintenance()).isEqualTo(1);
    assertThat(vcpu.isInGuestMode()).isTrue();
    assertThat(vcpu.take()).isEqualTo(WAITING);
  }

  /** In EOImode 1 an LPI ends where its priority drops, and leaves what is active behind. */
  @Test
  void theRestIsFetchedWhenAnLpiEndsAndAllOthersInTheRegistersAreDropped() {
    Its its = host.arm64.itses().get(0);
    host.vgic.lpis().writeProperties(LPI, URGENT, true);
    its.execute(new ItsCommand.Mapd(DEVICE, 5, true));
    its.execute(new ItsCommand.Mapti(DEVICE, 0, LPI, 0));
    raise(SPI, SPI + 3, URGENT);
    host.vm.signalMsi(Msi.of(its.doorbell(), 0, DEVICE));
    raise(WAITING, WAITING + 4, USUAL);
    vcpu.enter();
    for (int spi = SPI; spi < SPI + 3; spi++) {
      takeAndDrop(spi);
    }
    assertThat(maintenance()).isEqualTo(0);
    takeAndDrop(LPI);

    assertThat(maintenance()).isEqualTo(1);
    assertThat(vcpu.take()).isEqualTo(WAITING);
  }

  @Test
  void anEdgeThatCameAgainIsInItsRegisterAndFetchesNothing() {
    raise(SPI, SPI + 6, USUAL);
    vcpu.enter();
    assertThat(vcpu.take()).isEqualTo(SPI);
    inject(SPI);
    assertThat(vcpu.take()).isEqualTo(-1);
    vcpu.end(SPI);

    assertThat(maintenance()).isEqualTo(0);
    assertThat(vcpu.take()).isEqualTo(SPI);
  }

  @Test
  void anInterruptWhosePriorityWasChangedWhileItWasActiveEndsInItsRegister() {
    raise(SPI, SPI + 1, USUAL);
    vcpu.enter();
    assertThat(vcpu.take()).isEqualTo(SPI);
    host.vgic.setPriority(SPI, URGENT);
    vcpu.end(SPI);

    assertThat(maintenance()).isEqualTo(0);
    assertThat(host.vgic.spiState(SPI).active()).isFalse();
  }

  // ---- What the registers hold

  @Test
  void anActiveInterruptKeepsItsRegisterFromTheLessUrgent() {
    raise(SPI, SPI + 1, URGENT);
    vcpu.enter();
    assertThat(vcpu.take()).isEqualTo(SPI);
    raise(WAITING, WAITING + 5, USUAL);
    assertThat(vcpu.take()).isEqualTo(-1);

    assertThat(loaded()).containsExactly(SPI, WAITING, WAITING + 1, WAITING + 2);
    vcpu.end(SPI);
    assertThat(maintenance()).isEqualTo(0);
    assertThat(vcpu.take()).isEqualTo(WAITING);
  }

  /** What counts for who preempts whom are five bits, so that equals may come after it. */
  @Test
  void ofEqualsTheActiveIsLoadedFirst() {
    raise(WAITING, WAITING + 4, USUAL + 4);
    raise(SPI, SPI + 1, USUAL);
    vcpu.enter();
    assertThat(vcpu.take()).isEqualTo(SPI);
    host.vgic.setPriority(SPI, USUAL + 4);
    assertThat(vcpu.take()).isEqualTo(-1);

    assertThat(loaded()).containsExactly(SPI, WAITING, WAITING + 1, WAITING + 2);
    vcpu.end(SPI);
    assertThat(maintenance()).isEqualTo(0);
  }

  // ---- The end of what was pushed out, which traps

  @Test
  void whatWasPushedOutIsEndedByItsNumber() {
    raise(SPI, SPI + 2, LAZY);
    vcpu.enter();
    takeAndDrop(SPI);
    takeAndDrop(SPI + 1);
    pushOutWhatIsDropped();
    vcpu.deactivate(SPI + 1);

    assertThat(maintenance()).isEqualTo(1);
    assertThat(host.vgic.spiState(SPI + 1).active()).isFalse();
    assertThat(host.vgic.spiState(SPI).active()).isTrue();
  }

  @Test
  void aLevelThatWasPushedOutIsResampledAtItsEnd() {
    int trigger = host.eventfd();
    int resample = host.eventfd();
    host.vm.irqfd(IrqfdRequest.resample(trigger, SPI - 32, resample));
    host.vgic.configureSpi(SPI, Trigger.LEVEL, true);
    host.vgic.setPriority(SPI, LAZY);
    host.write(trigger);
    vcpu.enter();
    takeAndDrop(SPI);
    pushOutWhatIsDropped();
    vcpu.deactivate(SPI);

    assertThat(host.events(KvmEvent.AckIrq.class))
        .containsExactly(new KvmEvent.AckIrq(host.vm, 0, SPI - 32));
    assertThat(host.read(resample)).isEqualTo(1);
    assertThat(host.vgic.spiState(SPI).line()).isFalse();
    assertThat(host.vgic.spiState(SPI).active()).isFalse();
  }

  /** What was pending when its host interrupt was taken away is taken once ({@link Vgic#unmap}). */
  @Test
  void aLevelThatLostItsHostInterruptAndWasPushedOutIsTakenOnce() {
    host.vgic.configureSpi(SPI, Trigger.LEVEL, true);
    host.vgic.setPriority(SPI, LAZY);
    host.vgic.map(SPI, host.interrupts.allocate("uart", Trigger.LEVEL));
    inject(SPI);
    host.vgic.unmap(SPI);
    vcpu.enter();
    takeAndDrop(SPI);
    pushOutWhatIsDropped();
    vcpu.deactivate(SPI);

    assertThat(host.vgic.spiState(SPI).pending()).isFalse();
    vcpu.end(WAITING);
    for (int spi = WAITING + 1; spi < WAITING + 4; spi++) {
      takeAndEnd(spi);
    }
    assertThat(vcpu.take()).isEqualTo(-1);
  }

  /** {@code vgic_prune_ap_list()} kicks who gets what it hands over. */
  @Test
  void whatWasPushedOutAndMovedAndCameAgainGoesWhereItBelongsAtItsEnd() {
    raise(SPI, SPI + 1, LAZY);
    vcpu.enter();
    takeAndDrop(SPI);
    inject(SPI);
    pushOutWhatIsDropped();
    host.vgic.setTarget(SPI, 1);
    assertThat(host.vcpu(1).block()).isTrue();
    vcpu.deactivate(SPI);

    assertThat(host.vcpu(1).scheduling()).isEqualTo(Scheduling.PREEMPTED);
    assertThat(host.run(1)).containsExactly(SPI);
  }
}
