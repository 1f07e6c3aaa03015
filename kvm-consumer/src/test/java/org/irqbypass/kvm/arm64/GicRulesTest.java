package org.irqbypass.kvm.arm64;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.kvm.arm64.ArmHost.errnoOf;
import static org.irqbypass.kvm.arm64.ArmHost.u32;

import java.util.List;
import org.irqbypass.errno.Errno;
import org.irqbypass.host.Trigger;
import org.irqbypass.kvm.KvmDevice;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.VcpuEvent;
import org.irqbypass.registry.ConnectPolicy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a controller can be, and where an interrupt goes when its settings change. */
final class GicRulesTest {
  private static final int SPI = 40;

  @RegisterExtension final ArmHost host = new ArmHost().withIts(2);
  private final Arm64Vcpu vcpu = host.vcpu(0);

  private static ArmHost gicv2() {
    return new ArmHost(GicHardware.GICV2, ConnectPolicy.OPPORTUNISTIC);
  }

  private void inject(int intid) {
    assertThat(host.vgic.inject(0, intid, true, null)).isEqualTo(0);
  }

  @Test
  void aGicv2IsForEightVcpus() {
    ArmHost many = gicv2();
    for (int id = 0; id < 8; id++) {
      many.vm.createVcpu(id);
    }
    assertThat(errnoOf(() -> many.vm.createVcpu(8))).isEqualTo(Errno.EINVAL);
    assertThat(errnoOf(() -> many.vm.createVcpu(7))).isEqualTo(Errno.EINVAL); // counted first
    many.vm.createDevice(Arm64.DEVICE_VGIC_V2, 0);
  }

  @Test
  void theFewestAndTheMostInterruptsAreAccepted() {
    for (int count : new int[] {64, 992}) {
      ArmHost own = new ArmHost();
      KvmDevice gic = own.device(own.vm.createDevice(Arm64.DEVICE_VGIC_V3, 0));
      gic.setAttr(DeviceAttributes.GROUP_NR_IRQS, 0, u32(count));
      gic.setAttr(DeviceAttributes.GROUP_CTRL, DeviceAttributes.CTRL_INIT, null);
      assertThat(own.vm.routing().size()).isEqualTo(count - 32);
      assertThat(own.vgic.inject(0, count - 1, true, null)).isEqualTo(0);
      assertThat(own.vgic.inject(0, count, true, null)).isEqualTo(-Errno.EINVAL.number());
    }
  }

  @Test
  void aSecondInitializationChangesNothing() {
    ArmHost own = new ArmHost();
    KvmDevice gic = own.device(own.vm.createDevice(Arm64.DEVICE_VGIC_V3, 0));
    gic.setAttr(DeviceAttributes.GROUP_CTRL, DeviceAttributes.CTRL_INIT, null);
    own.vgic.configureSpi(SPI, Trigger.EDGE, true);
    own.vm.setGsiRouting(List.of(RoutingEntry.irqchip(3, 0, 8)), 0);
    gic.setAttr(DeviceAttributes.GROUP_CTRL, DeviceAttributes.CTRL_INIT, null);

    assertThat(own.vm.routing().size()).isEqualTo(1);
    assertThat(own.vgic.spiState(SPI).trigger()).isEqualTo(Trigger.EDGE);
  }

  @Test
  void whatIsNotThereCannotBeInjected() {
    int invalid = -Errno.EINVAL.number();
    assertThat(host.vgic.inject(0, -1, true, null)).isEqualTo(invalid);
    assertThat(host.vgic.inject(2, 20, true, null)).isEqualTo(invalid);
    assertThat(host.vgic.inject(-1, 20, true, null)).isEqualTo(invalid);
    assertThat(host.vgic.inject(2, SPI, true, null)).isEqualTo(0); // which is no vCPU's own
    assertThat(host.vgic.inject(1, 20, true, null)).isEqualTo(0);
    assertThat(host.vgic.inject(1, 0, true, null)).isEqualTo(0); // the first SGI
    assertThat(host.run(1)).containsExactly(0);
  }

  @Test
  void aLevelThatStaysKicksNobody() {
    host.vgic.configureSpi(SPI, Trigger.LEVEL, true);
    vcpu.enter();
    inject(SPI);
    assertThat(vcpu.take()).isEqualTo(SPI);
    host.events.clear();
    inject(SPI);
    assertThat(host.events(VcpuEvent.Exit.class)).isEmpty();
  }

  /** {@code kvm_vgic_set_owner()}: an injection by another is ignored. */
  @Test
  void anEdgeFallsUnnoticedAndALevelThatStaysIsNoEvent() {
    host.vgic.configureSpi(SPI, Trigger.EDGE, true);
    assertThat(host.vgic.inject(0, SPI, false, null)).isEqualTo(0);
    assertThat(vcpu.hasPending()).isFalse();
    host.vgic.configureSpi(SPI, Trigger.LEVEL, true);
    inject(SPI);
    assertThat(host.vgic.inject(0, SPI, true, null)).isEqualTo(0);
    assertThat(host.vgic.inject(0, SPI, true, this)).isEqualTo(0);
    assertThat(host.vgic.inject(0, SPI, false, this)).isEqualTo(0);
    assertThat(host.vgic.spiState(SPI).line()).isTrue();
    assertThat(host.vgic.inject(0, SPI, false, null)).isEqualTo(0);
    assertThat(vcpu.hasPending()).isFalse();
  }

  @Test
  void onAGicv2AnSgiThatNobodySentIsTakenToo() {
    ArmHost v2 = gicv2().withGic();
    v2.vcpu(0).enter();
    assertThat(v2.vgic.inject(0, 3, true, null)).isEqualTo(0);

    assertThat(v2.vcpu(0).take()).isEqualTo(3);
    v2.vcpu(0).end(3);
    assertThat(v2.vcpu(0).take()).isEqualTo(-1);
  }

  @Test
  void anSgiNeedsAnInitializedController() {
    ArmHost bare = new ArmHost();
    bare.vm.createVcpu(0);
    bare.vm.createDevice(Arm64.DEVICE_VGIC_V3, 0);
    assertThat(errnoOf(() -> bare.vcpu(0).sendSgi(1, 0))).isEqualTo(Errno.EBUSY);
  }

  @Test
  void whoIsDisabledWaitsAndWhoIsEnabledAgainIsTaken() {
    host.vgic.configureSpi(SPI, Trigger.EDGE, true);
    inject(SPI);
    assertThat(vcpu.hasPending()).isTrue();
    host.vgic.configureSpi(SPI, Trigger.EDGE, false);
    assertThat(vcpu.hasPending()).isFalse();
    assertThat(host.run(0)).isEmpty();
    assertThat(host.vgic.spiState(SPI).pending()).isTrue();
    host.vgic.configureSpi(SPI, Trigger.EDGE, true);
    assertThat(host.run(0)).containsExactly(SPI);
  }

  /** The same, of an interrupt that stands in a list register of a guest that executes. */
  @Test
  void whoIsDisabledWhileTheGuestExecutesIsNotTaken() {
    host.vgic.configureSpi(SPI, Trigger.EDGE, true);
    host.vgic.configureSpi(SPI + 1, Trigger.EDGE, true);
    vcpu.enter();
    inject(SPI);
    inject(SPI + 1);
    int first = vcpu.take();
    assertThat(first).isAnyOf(SPI, SPI + 1);
    int second = 2 * SPI + 1 - first;
    host.vgic.configureSpi(second, Trigger.EDGE, false);
    vcpu.end(first);
    assertThat(vcpu.take()).isEqualTo(-1);
    host.vgic.configureSpi(second, Trigger.EDGE, true);
    assertThat(vcpu.take()).isEqualTo(second);
    vcpu.end(second);
    assertThat(vcpu.take()).isEqualTo(-1);
  }

  @Test
  void enablingWakesWhoBlocks() {
    host.vgic.configureSpi(SPI, Trigger.EDGE, false);
    inject(SPI);
    assertThat(vcpu.block()).isTrue();
    host.events.clear();
    host.vgic.configureSpi(SPI, Trigger.EDGE, true);

    assertThat(host.events(VcpuEvent.WakeUp.class)).containsExactly(new VcpuEvent.WakeUp(vcpu));
    assertThat(host.run(0)).containsExactly(SPI);
  }

  @Test
  void aPendingInterruptGoesWithItsTarget() {
    host.vgic.configureSpi(SPI, Trigger.EDGE, true);
    inject(SPI);
    host.vgic.setTarget(SPI, 1);
    assertThat(vcpu.hasPending()).isFalse();
    assertThat(host.run(0)).isEmpty();
    assertThat(host.run(1)).containsExactly(SPI);
    assertThat(host.vcpu(1).block()).isTrue();
    inject(SPI);
    assertThat(host.events(VcpuEvent.WakeUp.class)).contains(new VcpuEvent.WakeUp(host.vcpu(1)));
    host.vgic.setTarget(SPI, 0);
    assertThat(host.run(1)).isEmpty();
    assertThat(host.run(0)).containsExactly(SPI);
    assertThat(errnoOf(() -> host.vgic.setTarget(SPI, 2))).isEqualTo(Errno.EINVAL);
  }

  @Test
  void theMostUrgentIsTakenFirstAndAMaskKeepsTheLessUrgent() {
    for (int intid = SPI; intid < SPI + 3; intid++) {
      host.vgic.configureSpi(intid, Trigger.EDGE, true);
      host.vgic.setPriority(intid, 0x90 - 0x10 * (intid - SPI));
      inject(intid);
    }
    vcpu.maskPriorities(0x90);
    assertThat(host.run(0)).containsExactly(SPI + 2, SPI + 1).inOrder();
    vcpu.maskPriorities(0x91);
    assertThat(host.run(0)).containsExactly(SPI);
  }
}
