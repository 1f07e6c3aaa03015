package org.irqbypass.kvm.arm64;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.kvm.KvmDevice;
import org.irqbypass.trace.FingerprintSink;
import org.jspecify.annotations.Nullable;

/**
 * The KVM device through which userspace configures a vGIC ({@code
 * arch/arm64/kvm/vgic/vgic-kvm-device.c}). Of the register groups, only {@code GICR_CTLR} is there:
 * the others are what {@link Vgic}'s own calls read and write.
 */
final class VgicDevice extends KvmDevice {
  private static final long UNPLACED = -1;
  private static final long V2_ALIGNMENT = 0x1000;
  private static final long V3_ALIGNMENT = 0x10000;
  private static final int ENABLE_LPIS = 1;

  private final Arm64Vm arm64;
  private final Vgic vgic;
  private final GicVersion version;

  /** Guarded by the VM's lock. */
  private final Map<Integer, Long> addresses = new HashMap<>();

  VgicDevice(Arm64Vm arm64, GicVersion version) {
    super(arm64.vm());
    this.arm64 = arm64;
    this.vgic = arm64.vgic();
    this.version = version;
  }

  @Override
  public void setAttr(int group, long attribute, @Nullable ByteBuffer payload) {
    hasAttr(group, attribute);
    vm().configure(() -> set(group, attribute, payload));
  }

  private void set(int group, long attribute, @Nullable ByteBuffer payload) {
    switch (group) {
      case DeviceAttributes.GROUP_ADDR -> {
        long address = DeviceAttributes.getU64(payload);
        long alignment = version == GicVersion.V2 ? V2_ALIGNMENT : V3_ALIGNMENT;
        long before = addresses.getOrDefault((int) attribute, UNPLACED);
        DeviceAttributes.checkPlace(before, address, alignment, alignment);
        addresses.put((int) attribute, address);
      }
      case DeviceAttributes.GROUP_NR_IRQS -> vgic.setIrqCount(DeviceAttributes.getU32(payload));
      case DeviceAttributes.GROUP_REDIST_REGS -> {
        int value = DeviceAttributes.getU32(payload);
        checkRegisters();
        arm64.enableLpis((int) (attribute >>> 32), (value & ENABLE_LPIS) != 0);
      }
      default -> {
        if (attribute == DeviceAttributes.CTRL_INIT) {
          vgic.initialize();
        } else {
          arm64.refuseRunningVcpus();
          vgic.lpis().savePendingTables();
        }
      }
    }
  }

  /** {@code vgic_v3_attr_regs_access()}. */
  private void checkRegisters() {
    arm64.refuseRunningVcpus();
    if (!vgic.isInitialized()) {
      throw new ErrnoException(Errno.EBUSY, vgic + " is not initialized");
    }
  }

  @Override
  public void getAttr(int group, long attribute, @Nullable ByteBuffer payload) {
    hasAttr(group, attribute);
    vm().configure(() -> get(group, attribute, payload));
  }

  private void get(int group, long attribute, @Nullable ByteBuffer payload) {
    switch (group) {
      case DeviceAttributes.GROUP_ADDR ->
          DeviceAttributes.putU64(payload, addresses.getOrDefault((int) attribute, UNPLACED));
      case DeviceAttributes.GROUP_NR_IRQS ->
          DeviceAttributes.putU32(payload, vgic.spiCount() + Vgic.PRIVATE_IRQS);
      case DeviceAttributes.GROUP_REDIST_REGS -> {
        checkRegisters();
        boolean enabled = vgic.lpis().areEnabled((int) (attribute >>> 32));
        DeviceAttributes.putU32(payload, enabled ? ENABLE_LPIS : 0);
      }
      default -> throw DeviceAttributes.unknown(this, group, attribute);
    }
  }

  @Override
  public void hasAttr(int group, long attribute) {
    boolean known =
        switch (group) {
          case DeviceAttributes.GROUP_ADDR ->
              version == GicVersion.V2
                  ? attribute == DeviceAttributes.ADDR_V2_DIST
                      || attribute == DeviceAttributes.ADDR_V2_CPU
                  : attribute == DeviceAttributes.ADDR_V3_DIST
                      || attribute == DeviceAttributes.ADDR_V3_REDIST;
          case DeviceAttributes.GROUP_NR_IRQS -> true;
          case DeviceAttributes.GROUP_CTRL ->
              attribute == DeviceAttributes.CTRL_INIT
                  || (version == GicVersion.V3
                      && attribute == DeviceAttributes.CTRL_SAVE_PENDING_TABLES);
          case DeviceAttributes.GROUP_REDIST_REGS ->
              version == GicVersion.V3 && (attribute & 0xffffffffL) == DeviceAttributes.GICR_CTLR;
          default -> false;
        };
    if (!known) {
      throw DeviceAttributes.unknown(this, group, attribute);
    }
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    addresses.forEach((which, address) -> sink.put(which).put(address));
  }

  @Override
  public String toString() {
    return vgic.toString();
  }
}
