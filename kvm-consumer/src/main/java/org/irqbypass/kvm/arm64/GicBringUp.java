package org.irqbypass.kvm.arm64;

import com.google.common.base.Preconditions;
import com.google.common.collect.ImmutableList;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.irqbypass.kvm.KvmDevice;
import org.irqbypass.kvm.Vm;

/**
 * Everything that a VMM and a guest do until interrupts can flow: vCPUs, the vGIC, an ITS, the
 * guest's tables and its first ITS commands. A later stage may be left out.
 *
 * @param vcpus how many vCPUs to make, numbered from 0; 0 or more
 * @param spis how many SPIs, a multiple of 32
 * @param its whether there is an ITS, at {@link #ITS_BASE}; not with a GICv2
 * @param lpis whether the vCPUs take LPIs, all of which are enabled
 * @param collections whether collection i goes to vCPU i
 */
public record GicBringUp(int vcpus, int spis, boolean its, boolean lpis, boolean collections) {
  /** Where the ITS is; its doorbell is at 0x08090040. */
  public static final long ITS_BASE = 0x08080000;

  /** One vCPU and 64 SPIs, no ITS. */
  public static final GicBringUp WITHOUT_ITS = new GicBringUp(1, 64, false, false, false);

  /** One vCPU, 64 SPIs, and an ITS ready for messages. */
  public static final GicBringUp WITH_ITS = new GicBringUp(1, 64, true, true, true);

  private static final int LPI_PRIORITY = 0xa0;

  /** No descriptor. */
  public static final int NONE = -1;

  /**
   * Describes what to do.
   *
   * @param vcpus 0 or more
   * @param spis a multiple of 32
   * @param its whether there is an ITS
   * @param lpis whether the vCPUs take LPIs
   * @param collections whether collection i goes to vCPU i
   */
  public GicBringUp {
    Preconditions.checkArgument(vcpus >= 0, "%s vCPUs", vcpus);
  }

  /**
   * What was opened.
   *
   * @param vcpus the vCPUs' descriptors, by number
   * @param gic the vGIC's descriptor
   * @param its the ITS's descriptor; {@link #NONE} without one
   */
  public record Opened(ImmutableList<Integer> vcpus, int gic, int its) {}

  /**
   * Does it.
   *
   * @param vm has no vGIC
   * @return the descriptors
   * @throws org.irqbypass.errno.ErrnoException what the first call that fails throws; what was
   *     opened before stays open
   */
  public Opened bringUp(Vm vm) {
    Arm64Vm arm64 = Arm64Vm.of(vm);
    Vgic vgic = arm64.vgic();
    ImmutableList.Builder<Integer> opened = ImmutableList.builder();
    for (int id = 0; id < vcpus; id++) {
      opened.add(vm.createVcpu(id));
    }
    boolean v2 = vgic.hardware().version() == GicVersion.V2;
    int gicFd = vm.createDevice(v2 ? Arm64.DEVICE_VGIC_V2 : Arm64.DEVICE_VGIC_V3, 0);
    KvmDevice gic = vm.kvm().device(gicFd);
    gic.setAttr(DeviceAttributes.GROUP_NR_IRQS, 0, value().putInt(Vgic.PRIVATE_IRQS + spis).flip());
    int itsFd = NONE;
    if (its) {
      itsFd = vm.createDevice(Arm64.DEVICE_ITS, 0);
      KvmDevice device = vm.kvm().device(itsFd);
      device.setAttr(
          DeviceAttributes.GROUP_ADDR, DeviceAttributes.ADDR_ITS, value().putLong(ITS_BASE).flip());
      device.setAttr(DeviceAttributes.GROUP_CTRL, DeviceAttributes.CTRL_INIT, null);
    }
    gic.setAttr(DeviceAttributes.GROUP_CTRL, DeviceAttributes.CTRL_INIT, null);
    if (its) {
      boot(arm64);
    }
    return new Opened(opened.build(), gicFd, itsFd);
  }

  private void boot(Arm64Vm arm64) {
    arm64.vgic().lpis().writeAllProperties(LPI_PRIORITY, true);
    Its its = arm64.itses().get(0);
    its.provideTables();
    its.enable(true);
    for (int vcpu = 0; lpis && vcpu < vcpus; vcpu++) {
      arm64.enableLpis(vcpu, true);
      if (collections) {
        its.execute(new ItsCommand.Mapc(vcpu, vcpu, true));
      }
    }
  }

  private static ByteBuffer value() {
    return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder());
  }
}
