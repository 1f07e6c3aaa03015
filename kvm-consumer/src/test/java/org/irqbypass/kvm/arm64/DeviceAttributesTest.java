package org.irqbypass.kvm.arm64;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.kvm.arm64.ArmHost.errnoOf;
import static org.irqbypass.kvm.arm64.ArmHost.u32;
import static org.irqbypass.kvm.arm64.ArmHost.u64;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.irqbypass.errno.Errno;
import org.irqbypass.kvm.KvmDevice;
import org.irqbypass.kvm.Msi;
import org.irqbypass.registry.ConnectPolicy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The attributes of the interrupt controllers: which there are, what they take, what they tell. */
final class DeviceAttributesTest {
  private static final int ADDR = DeviceAttributes.GROUP_ADDR;
  private static final int CTRL = DeviceAttributes.GROUP_CTRL;
  private static final int NR_IRQS = DeviceAttributes.GROUP_NR_IRQS;
  private static final int REGISTERS = DeviceAttributes.GROUP_REDIST_REGS;
  private static final long LIMIT = 1L << 40;
  private static final long SECOND_VCPU = 1L << 32;
  private static final long OTHER_REGISTER = 4;

  @RegisterExtension final ArmHost host = new ArmHost();

  private KvmDevice gic() {
    return host.device(host.vm.createDevice(Arm64.DEVICE_VGIC_V3, 0));
  }

  private KvmDevice its() {
    return host.device(host.vm.createDevice(Arm64.DEVICE_ITS, 0));
  }

  private static KvmDevice gicv2() {
    ArmHost old = new ArmHost(GicHardware.GICV2, ConnectPolicy.OPPORTUNISTIC);
    return old.device(old.vm.createDevice(Arm64.DEVICE_VGIC_V2, 0));
  }

  private static void assertNone(KvmDevice device, int group, long attribute) {
    ByteBuffer value = u64(0);
    assertThat(errnoOf(() -> device.hasAttr(group, attribute))).isEqualTo(Errno.ENXIO);
    assertThat(errnoOf(() -> device.setAttr(group, attribute, value))).isEqualTo(Errno.ENXIO);
    assertThat(errnoOf(() -> device.getAttr(group, attribute, value))).isEqualTo(Errno.ENXIO);
  }

  private static int readU32(KvmDevice device, int group, long attribute) {
    ByteBuffer value = u32(0x5a5a5a5a);
    device.getAttr(group, attribute, value);
    return value.getInt(0);
  }

  private static long readU64(KvmDevice device, int group, long attribute) {
    ByteBuffer value = u64(0x5a5a5a5a);
    device.getAttr(group, attribute, value);
    return value.getLong(0);
  }

  // ---- Which there are

  @Test
  void aGicv3HasItsOwnFramesItsOrdersAndOneRegisterOfEachVcpu() {
    KvmDevice gic = gic();
    gic.hasAttr(ADDR, DeviceAttributes.ADDR_V3_DIST);
    gic.hasAttr(ADDR, DeviceAttributes.ADDR_V3_REDIST);
    gic.hasAttr(NR_IRQS, 0);
    gic.hasAttr(CTRL, DeviceAttributes.CTRL_INIT);
    gic.hasAttr(CTRL, DeviceAttributes.CTRL_SAVE_PENDING_TABLES);
    gic.hasAttr(REGISTERS, DeviceAttributes.GICR_CTLR);
    gic.hasAttr(REGISTERS, SECOND_VCPU | DeviceAttributes.GICR_CTLR);

    assertNone(gic, ADDR, DeviceAttributes.ADDR_V2_DIST);
    assertNone(gic, ADDR, DeviceAttributes.ADDR_V2_CPU);
    assertNone(gic, ADDR, DeviceAttributes.ADDR_ITS);
    assertNone(gic, CTRL, DeviceAttributes.CTRL_ITS_SAVE_TABLES);
    assertNone(gic, REGISTERS, OTHER_REGISTER);
    assertNone(gic, REGISTERS, SECOND_VCPU | OTHER_REGISTER);
    assertNone(gic, 99, 0);
  }

  @Test
  void aGicv2HasItsOwnFramesAndNothingOfLpis() {
    KvmDevice gic = gicv2();
    gic.hasAttr(ADDR, DeviceAttributes.ADDR_V2_DIST);
    gic.hasAttr(ADDR, DeviceAttributes.ADDR_V2_CPU);
    gic.hasAttr(NR_IRQS, 0);
    gic.hasAttr(CTRL, DeviceAttributes.CTRL_INIT);

    assertNone(gic, ADDR, DeviceAttributes.ADDR_V3_DIST);
    assertNone(gic, ADDR, DeviceAttributes.ADDR_V3_REDIST);
    assertNone(gic, CTRL, DeviceAttributes.CTRL_SAVE_PENDING_TABLES);
    assertNone(gic, REGISTERS, DeviceAttributes.GICR_CTLR);
  }

  @Test
  void anItsHasAnAddressAndFourOrders() {
    KvmDevice its = its();
    its.hasAttr(ADDR, DeviceAttributes.ADDR_ITS);
    its.hasAttr(CTRL, DeviceAttributes.CTRL_INIT);
    its.hasAttr(CTRL, DeviceAttributes.CTRL_ITS_SAVE_TABLES);
    its.hasAttr(CTRL, DeviceAttributes.CTRL_ITS_RESTORE_TABLES);
    its.hasAttr(CTRL, DeviceAttributes.CTRL_ITS_RESET);

    assertNone(its, ADDR, DeviceAttributes.ADDR_V3_DIST);
    assertNone(its, CTRL, DeviceAttributes.CTRL_SAVE_PENDING_TABLES);
    assertNone(its, NR_IRQS, 0);
  }

  /** An order has no value to be read. */
  @Test
  void ordersAreNotRead() {
    for (KvmDevice device : new KvmDevice[] {gic(), its()}) {
      assertThat(errnoOf(() -> device.getAttr(CTRL, DeviceAttributes.CTRL_INIT, u64(0))))
          .isEqualTo(Errno.ENXIO);
    }
  }

  // ---- Where frames are

  @Test
  void aFrameIsNowhereUntilItIsPlacedAndEachHasItsOwnPlace() {
    KvmDevice gic = gic();
    assertThat(readU64(gic, ADDR, DeviceAttributes.ADDR_V3_DIST)).isEqualTo(-1);
    gic.setAttr(ADDR, DeviceAttributes.ADDR_V3_DIST, u64(0));
    gic.setAttr(ADDR, DeviceAttributes.ADDR_V3_REDIST, u64(0x080a0000));
    assertThat(readU64(gic, ADDR, DeviceAttributes.ADDR_V3_DIST)).isEqualTo(0);
    assertThat(readU64(gic, ADDR, DeviceAttributes.ADDR_V3_REDIST)).isEqualTo(0x080a0000);

    KvmDevice its = its();
    assertThat(readU64(its, ADDR, DeviceAttributes.ADDR_ITS)).isEqualTo(-1);
    its.setAttr(ADDR, DeviceAttributes.ADDR_ITS, u64(0x08080000));
    assertThat(readU64(its, ADDR, DeviceAttributes.ADDR_ITS)).isEqualTo(0x08080000);
  }

  @Test
  void aGicv2sFramesLieAtSmallPagesAGicv3sAtLargeOnes() {
    gicv2().setAttr(ADDR, DeviceAttributes.ADDR_V2_DIST, u64(0x08001000));
    assertThat(errnoOf(() -> gicv2().setAttr(ADDR, DeviceAttributes.ADDR_V2_DIST, u64(0x08000800))))
        .isEqualTo(Errno.EINVAL);
    assertThat(errnoOf(() -> gic().setAttr(ADDR, DeviceAttributes.ADDR_V3_DIST, u64(0x08001000))))
        .isEqualTo(Errno.EINVAL);
  }

  /** All of a frame has to be within the guest's addresses. */
  @Test
  void aFrameEndsWithinTheGuestsAddresses() {
    KvmDevice its = its();
    for (long beyond : new long[] {LIMIT, LIMIT - Its.SIZE / 2}) {
      assertThat(errnoOf(() -> its.setAttr(ADDR, DeviceAttributes.ADDR_ITS, u64(beyond))))
          .isEqualTo(Errno.E2BIG);
    }
    assertThat(errnoOf(() -> its.setAttr(ADDR, DeviceAttributes.ADDR_ITS, u64(-Its.SIZE))))
        .isEqualTo(Errno.EINVAL);
    its.setAttr(ADDR, DeviceAttributes.ADDR_ITS, u64(LIMIT - Its.SIZE));
    assertThat(readU64(its, ADDR, DeviceAttributes.ADDR_ITS)).isEqualTo(LIMIT - Its.SIZE);
  }

  @Test
  void aValueHasToBeThereAndLargeEnough() {
    KvmDevice gic = gic();
    ByteBuffer three = ByteBuffer.allocate(3).order(ByteOrder.nativeOrder());
    for (ByteBuffer bad : new ByteBuffer[] {three, null}) {
      assertThat(errnoOf(() -> gic.setAttr(NR_IRQS, 0, bad))).isEqualTo(Errno.EFAULT);
      assertThat(errnoOf(() -> gic.getAttr(NR_IRQS, 0, bad))).isEqualTo(Errno.EFAULT);
    }
    assertThat(errnoOf(() -> gic.setAttr(ADDR, DeviceAttributes.ADDR_V3_DIST, u32(0))))
        .isEqualTo(Errno.EFAULT);
  }

  // ---- A vCPU's register

  private KvmDevice booted() {
    GicBringUp.Opened opened = new GicBringUp(2, 64, true, false, true).bringUp(host.vm);
    assertThat(opened.vcpus()).hasSize(2);
    return host.device(opened.gic());
  }

  @Test
  void eachVcpusRegisterSwitchesItsOwnLpis() {
    KvmDevice gic = booted();
    LpiTables lpis = host.vgic.lpis();
    assertThat(readU32(gic, REGISTERS, 0)).isEqualTo(0);

    gic.setAttr(REGISTERS, SECOND_VCPU, u32(1));
    assertThat(lpis.areEnabled(0)).isFalse();
    assertThat(lpis.areEnabled(1)).isTrue();
    assertThat(readU32(gic, REGISTERS, 0)).isEqualTo(0);
    assertThat(readU32(gic, REGISTERS, SECOND_VCPU)).isEqualTo(1);

    gic.setAttr(REGISTERS, 0, u32(3));
    assertThat(lpis.areEnabled(0)).isTrue();
    gic.setAttr(REGISTERS, SECOND_VCPU, u32(2)); // another bit
    assertThat(lpis.areEnabled(1)).isFalse();
    assertThat(lpis.areEnabled(0)).isTrue();
  }

  @Test
  void aVcpuThatIsNotThereHasNoRegister() {
    KvmDevice gic = booted();
    assertThat(errnoOf(() -> gic.setAttr(REGISTERS, 2L << 32, u32(1)))).isEqualTo(Errno.EINVAL);
    assertThat(errnoOf(() -> gic.getAttr(REGISTERS, 2L << 32, u32(1)))).isEqualTo(Errno.EINVAL);
    assertThat(errnoOf(() -> host.vgic.lpis().areEnabled(2))).isEqualTo(Errno.EINVAL);
    assertThat(errnoOf(() -> host.arm64.enableLpis(-1, true))).isEqualTo(Errno.EINVAL);
  }

  @Test
  void withoutAnItsLpisStayOff() {
    host.withGic();
    host.arm64.enableLpis(0, true);
    assertThat(host.vgic.lpis().areEnabled(0)).isFalse();
  }

  @Test
  void registersNeedAnInitializedControllerAndNoVcpuThatRuns() {
    host.vm.createVcpu(0);
    KvmDevice gic = gic();
    assertThat(errnoOf(() -> gic.setAttr(REGISTERS, 0, u32(1)))).isEqualTo(Errno.EBUSY);
    assertThat(errnoOf(() -> gic.getAttr(REGISTERS, 0, u32(1)))).isEqualTo(Errno.EBUSY);
    gic.setAttr(CTRL, DeviceAttributes.CTRL_INIT, null);
    assertThat(readU32(gic, REGISTERS, 0)).isEqualTo(0);
    host.vcpu(0).enter();
    assertThat(errnoOf(() -> gic.setAttr(REGISTERS, 0, u32(1)))).isEqualTo(Errno.EBUSY);
    assertThat(errnoOf(() -> gic.getAttr(REGISTERS, 0, u32(1)))).isEqualTo(Errno.EBUSY);
    host.vcpu(0).leave();
    gic.setAttr(REGISTERS, 0, u32(1));
  }

  // ---- Orders

  @Test
  void aSecondControllerOrALateOneNeedsAllVcpusStopped() {
    host.vm.createVcpu(0);
    host.vcpu(0).enter();
    assertThat(errnoOf(this::gic)).isEqualTo(Errno.EBUSY);
    host.vcpu(0).leave();
    gic();
  }

  @Test
  void savingThePendingTablesWritesWhatWaits_andNeedsAllVcpusStopped() {
    KvmDevice gic = host.device(GicBringUp.WITH_ITS.bringUp(host.vm).gic());
    Its its = host.arm64.itses().get(0);
    its.execute(new ItsCommand.Mapd(32, 5, true));
    its.execute(new ItsCommand.Mapti(32, 0, 8192, 0));
    its.execute(new ItsCommand.Mapti(32, 1, 8193, 0));
    assertThat(host.vm.signalMsi(Msi.of(its.doorbell(), 0, 32))).isEqualTo(1);
    host.vcpu(0).enter();
    assertThat(errnoOf(() -> gic.setAttr(CTRL, DeviceAttributes.CTRL_SAVE_PENDING_TABLES, null)))
        .isEqualTo(Errno.EBUSY);
    host.vcpu(0).leave();
    assertThat(host.vgic.lpis().readPendingTable(0, 8192)).isFalse();

    gic.setAttr(CTRL, DeviceAttributes.CTRL_SAVE_PENDING_TABLES, null);

    assertThat(host.vgic.lpis().readPendingTable(0, 8192)).isTrue();
    assertThat(host.vgic.lpis().readPendingTable(0, 8193)).isFalse();
  }

  /** {@code KVM_DEV_ARM_VGIC_CTRL_INIT} of an ITS has nothing to do, so nothing is in its way. */
  @Test
  void anItsIsInitializedWhileVcpusRun_andNotResetThen() {
    GicBringUp.Opened opened = GicBringUp.WITH_ITS.bringUp(host.vm);
    KvmDevice its = host.device(opened.its());
    host.vcpu(0).enter();
    its.setAttr(CTRL, DeviceAttributes.CTRL_INIT, null);
    assertThat(errnoOf(() -> its.setAttr(CTRL, DeviceAttributes.CTRL_ITS_RESET, null)))
        .isEqualTo(Errno.EBUSY);
    host.vcpu(0).leave();
    assertThat(host.arm64.itses().get(0).isEnabled()).isTrue();
    its.setAttr(CTRL, DeviceAttributes.CTRL_ITS_RESET, null);
    assertThat(host.arm64.itses().get(0).isEnabled()).isFalse();
  }

  @Test
  void aVmThatGoesFreesTheDevicesOfItsIts() {
    GicBringUp.Opened opened = GicBringUp.WITH_ITS.bringUp(host.vm);
    host.arm64.itses().get(0).execute(new ItsCommand.Mapd(32, 5, true));
    host.events.clear();
    for (int fd : opened.vcpus()) {
      host.descriptors.close(fd);
    }
    host.descriptors.close(opened.gic());
    host.descriptors.close(opened.its());
    host.descriptors.close(host.vmFd);
    assertThat(host.events(VgicEvent.ItsFreeDevice.class))
        .containsExactly(new VgicEvent.ItsFreeDevice(32));
  }
}
