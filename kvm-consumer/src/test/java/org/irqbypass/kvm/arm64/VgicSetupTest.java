package org.irqbypass.kvm.arm64;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.kvm.arm64.ArmHost.errnoOf;
import static org.irqbypass.kvm.arm64.ArmHost.u32;
import static org.irqbypass.kvm.arm64.ArmHost.u64;

import com.google.common.collect.ImmutableList;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.host.Trigger;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.KvmDevice;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.registry.ConnectPolicy;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What each call returns by how far the interrupt controller is set up, as recorded. */
final class VgicSetupTest {
  @RegisterExtension final ArmHost host = new ArmHost();
  private final int eventfd = host.eventfd();

  private KvmDevice gic() {
    return host.device(host.vm.createDevice(Arm64.DEVICE_VGIC_V3, 0));
  }

  private static void initialize(KvmDevice gic) {
    gic.setAttr(DeviceAttributes.GROUP_CTRL, DeviceAttributes.CTRL_INIT, null);
  }

  @Test
  void anIrqfdNeedsAnInitializedController() {
    IrqfdRequest assign = IrqfdRequest.assign(eventfd, 1);

    assertThat(errnoOf(() -> host.vm.irqfd(assign))).isEqualTo(Errno.EAGAIN);
    KvmDevice gic = gic();
    assertThat(errnoOf(() -> host.vm.irqfd(assign))).isEqualTo(Errno.EAGAIN);
    host.vm.irqfd(IrqfdRequest.deassign(eventfd, 1));
    initialize(gic);
    host.vm.irqfd(assign);

    assertThat(host.vm.irqfds()).hasSize(1);
  }

  @Test
  void aDescriptorIsLookedAtOnlyThen() {
    assertThat(errnoOf(() -> host.vm.irqfd(IrqfdRequest.assign(-1, 1)))).isEqualTo(Errno.EAGAIN);
    assertThat(errnoOf(() -> host.vm.irqfd(IrqfdRequest.deassign(-1, 1)))).isEqualTo(Errno.EBADF);
  }

  @Test
  void oneControllerAndOnlyOfTheHostsKind() {
    gic();

    assertThat(errnoOf(this::gic)).isEqualTo(Errno.EEXIST);
    assertThat(errnoOf(() -> host.vm.createDevice(Arm64.DEVICE_VGIC_V2, 0)))
        .isEqualTo(Errno.ENODEV);
    assertThat(errnoOf(() -> host.vm.createDevice(Arm64.DEVICE_VGIC_V2, 1)))
        .isEqualTo(Errno.ENODEV);
    assertThat(host.vm.createDevice(Arm64.DEVICE_VGIC_V3, 1)).isEqualTo(0);
    assertThat(host.vm.createDevice(Arm64.DEVICE_ITS, 1)).isEqualTo(0);
    assertThat(errnoOf(host.vm::createIrqchip)).isEqualTo(Errno.ENODEV);
  }

  @Test
  void theNumberOfInterruptsIsSetOnceBeforeInitialization() {
    KvmDevice gic = gic();
    for (int bad : new int[] {16, 32, 65, 1024, 2048}) {
      assertThat(errnoOf(() -> gic.setAttr(DeviceAttributes.GROUP_NR_IRQS, 0, u32(bad))))
          .isEqualTo(Errno.EINVAL);
    }
    assertThat(errnoOf(() -> gic.setAttr(DeviceAttributes.GROUP_NR_IRQS, 0, null)))
        .isEqualTo(Errno.EFAULT);

    gic.setAttr(DeviceAttributes.GROUP_NR_IRQS, 0, u32(96));

    assertThat(errnoOf(() -> gic.setAttr(DeviceAttributes.GROUP_NR_IRQS, 0, u32(96))))
        .isEqualTo(Errno.EBUSY);
    ByteBuffer read = ByteBuffer.allocate(4).order(ByteOrder.nativeOrder());
    gic.getAttr(DeviceAttributes.GROUP_NR_IRQS, 0, read);
    assertThat(read.getInt(0)).isEqualTo(96);
  }

  @Test
  void initializationFreezesTheNumberAndMayBeRepeated() {
    KvmDevice gic = gic();
    initialize(gic);

    assertThat(errnoOf(() -> gic.setAttr(DeviceAttributes.GROUP_NR_IRQS, 0, u32(96))))
        .isEqualTo(Errno.EBUSY);
    initialize(gic);
    assertThat(host.vm.routing().size()).isEqualTo(224);
  }

  @Test
  void initializationReplacesAnyRoutingByThePins() {
    host.vm.setGsiRouting(ImmutableList.of(RoutingEntry.msi(24, 0x08090040, 0, 32)), 0);

    host.withGic();

    assertThat(host.vm.routing().size()).isEqualTo(64);
    assertThat(host.vm.routing().routes(24).get(0).entry())
        .isEqualTo(RoutingEntry.irqchip(24, 0, 24));
    assertThat(host.vm.routing().routes(64)).isEmpty();
  }

  @Test
  void vcpusComeBeforeInitialization() {
    host.vm.createVcpu(0);
    assertThat(errnoOf(() -> host.vm.createVcpu(0))).isEqualTo(Errno.EEXIST);
    assertThat(errnoOf(() -> host.vm.createVcpu(512))).isEqualTo(Errno.EINVAL);

    initialize(gic());

    assertThat(errnoOf(() -> host.vm.createVcpu(0))).isEqualTo(Errno.EBUSY);
    assertThat(errnoOf(() -> host.vm.createVcpu(1))).isEqualTo(Errno.EBUSY);
    assertThat(errnoOf(() -> host.vm.createVcpu(512))).isEqualTo(Errno.EINVAL);
  }

  @Test
  void aGicv2HasEightVcpusNoItsAndInitializesItself() {
    ArmHost old = new ArmHost(GicHardware.GICV2, ConnectPolicy.OPPORTUNISTIC);
    old.vm.createVcpu(7);
    assertThat(errnoOf(() -> old.vm.createVcpu(8))).isEqualTo(Errno.EINVAL);
    assertThat(errnoOf(() -> old.vm.createDevice(Arm64.DEVICE_ITS, 0))).isEqualTo(Errno.ENODEV);
    assertThat(errnoOf(() -> old.vm.createDevice(Arm64.DEVICE_VGIC_V3, 0))).isEqualTo(Errno.ENODEV);
    old.vm.createIrqchip();
    assertThat(errnoOf(old.vm::createIrqchip)).isEqualTo(Errno.EEXIST);

    old.vm.irqLine(1 << 24 | 42, 1);

    assertThat(old.vgic.isInitialized()).isTrue();
    assertThat(old.vgic.spiState(42).line()).isTrue();
  }

  @Test
  void routesAreCheckedWithoutAController() {
    assertThat(routing(RoutingEntry.irqchip(5, 0, 987))).isNull();
    assertThat(routing(RoutingEntry.irqchip(5, 0, 988))).isEqualTo(Errno.EINVAL);
    assertThat(routing(RoutingEntry.irqchip(5, 0, -1))).isEqualTo(Errno.EINVAL);
    assertThat(routing(RoutingEntry.irqchip(5, 1, 0))).isEqualTo(Errno.EINVAL);
    assertThat(routing(RoutingEntry.msi(5, 0x12345678, 0))).isNull();
    assertThat(routing(new RoutingEntry.HypervSint(5, 0, 0, 2))).isEqualTo(Errno.EINVAL);
    assertThat(routing(new RoutingEntry.Other(5, 3, 0))).isEqualTo(Errno.EINVAL);
  }

  private @Nullable Errno routing(RoutingEntry entry) {
    try {
      host.vm.setGsiRouting(ImmutableList.of(entry), 0);
      return null;
    } catch (ErrnoException refused) {
      return refused.errno();
    }
  }

  @Test
  void framesArePlacedOnceAndAligned() {
    KvmDevice gic = gic();
    assertThat(
            errnoOf(
                () ->
                    gic.setAttr(
                        DeviceAttributes.GROUP_ADDR,
                        DeviceAttributes.ADDR_V3_DIST,
                        u64(0x08001000))))
        .isEqualTo(Errno.EINVAL);
    gic.setAttr(DeviceAttributes.GROUP_ADDR, DeviceAttributes.ADDR_V3_DIST, u64(0x08000000));
    assertThat(
            errnoOf(
                () ->
                    gic.setAttr(
                        DeviceAttributes.GROUP_ADDR,
                        DeviceAttributes.ADDR_V3_DIST,
                        u64(0x08000000))))
        .isEqualTo(Errno.EEXIST);
    assertThat(errnoOf(() -> gic.hasAttr(DeviceAttributes.GROUP_ADDR, 0))).isEqualTo(Errno.ENXIO);
    assertThat(errnoOf(() -> gic.hasAttr(99, 0))).isEqualTo(Errno.ENXIO);

    KvmDevice its = host.device(host.vm.createDevice(Arm64.DEVICE_ITS, 0));
    its.setAttr(DeviceAttributes.GROUP_ADDR, DeviceAttributes.ADDR_ITS, u64(1L << 40 >> 1));
    assertThat(
            errnoOf(
                () ->
                    its.setAttr(
                        DeviceAttributes.GROUP_ADDR, DeviceAttributes.ADDR_ITS, u64(0x08080000))))
        .isEqualTo(Errno.EEXIST);
    assertThat(errnoOf(() -> its.getAttr(DeviceAttributes.GROUP_CTRL, 0, null)))
        .isEqualTo(Errno.ENXIO);
  }

  @Test
  void orderingAVcpusTablesSavedNeedsAllVcpusStopped() {
    host.withIts(1);
    KvmDevice its =
        host.vm.devices().stream().filter(ItsKvmDevice.class::isInstance).findFirst().orElseThrow();
    host.vcpu(0).enter();

    assertThat(
            errnoOf(
                () ->
                    its.setAttr(
                        DeviceAttributes.GROUP_CTRL, DeviceAttributes.CTRL_ITS_SAVE_TABLES, null)))
        .isEqualTo(Errno.EBUSY);
    host.vcpu(0).leave();
    its.setAttr(DeviceAttributes.GROUP_CTRL, DeviceAttributes.CTRL_ITS_SAVE_TABLES, null);
  }

  @Test
  void whatSpisAreThereBeforeInitializationIsUndecided() {
    assertThat(errnoOf(() -> host.vgic.configureSpi(42, Trigger.EDGE, true)))
        .isEqualTo(Errno.EBUSY);
    assertThat(errnoOf(() -> host.vgic.map(42, host.interrupts.allocate("x", Trigger.EDGE))))
        .isEqualTo(Errno.EAGAIN);
    assertThat(errnoOf(() -> host.vgic.unmap(42))).isEqualTo(Errno.EAGAIN);
    assertThat(errnoOf(() -> host.vgic.setOwner(0, 42, this))).isEqualTo(Errno.EAGAIN);
    host.withGic();
    assertThat(errnoOf(() -> host.vgic.configureSpi(96, Trigger.EDGE, true)))
        .isEqualTo(Errno.EINVAL);
  }

  @Test
  void capabilities() {
    int[] there = {0, 32, 77, 81, 82, 89};
    for (int capability : there) {
      assertThat(host.vm.checkExtension(capability)).isEqualTo(1);
    }
    assertThat(host.vm.checkExtension(25)).isEqualTo(4096);
    assertThat(host.vm.checkExtension(131)).isEqualTo(0);
    assertThat(host.vm.checkExtension(121)).isEqualTo(0);
    host.withIts(1);
    assertThat(host.vm.checkExtension(131)).isEqualTo(1);
  }
}
