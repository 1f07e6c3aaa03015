package org.irqbypass.kvm.arm64;

import java.nio.ByteBuffer;
import org.irqbypass.kvm.KvmDevice;
import org.jspecify.annotations.Nullable;

/**
 * The KVM device through which userspace configures an ITS ({@code
 * arch/arm64/kvm/vgic/vgic-its.c}). Its registers are what {@link Its}'s own calls read and write.
 */
final class ItsKvmDevice extends KvmDevice {
  private static final long ALIGNMENT = 0x10000;

  private final Arm64Vm arm64;
  private final Its its;

  ItsKvmDevice(Arm64Vm arm64, Its its) {
    super(arm64.vm());
    this.arm64 = arm64;
    this.its = its;
  }

  @Override
  public void setAttr(int group, long attribute, @Nullable ByteBuffer payload) {
    hasAttr(group, attribute);
    vm().configure(() -> set(group, attribute, payload));
  }

  private void set(int group, long attribute, @Nullable ByteBuffer payload) {
    if (group == DeviceAttributes.GROUP_ADDR) {
      long address = DeviceAttributes.getU64(payload);
      DeviceAttributes.checkPlace(its.base(), address, ALIGNMENT, Its.SIZE);
      its.place(address);
    } else if (attribute != DeviceAttributes.CTRL_INIT) { // which has nothing to do
      arm64.refuseRunningVcpus();
      switch ((int) attribute) {
        case DeviceAttributes.CTRL_ITS_SAVE_TABLES -> its.saveTables();
        case DeviceAttributes.CTRL_ITS_RESTORE_TABLES -> its.restoreTables();
        default -> its.reset();
      }
    }
  }

  @Override
  public void getAttr(int group, long attribute, @Nullable ByteBuffer payload) {
    if (group != DeviceAttributes.GROUP_ADDR || attribute != DeviceAttributes.ADDR_ITS) {
      throw DeviceAttributes.unknown(this, group, attribute);
    }
    DeviceAttributes.putU64(payload, its.base());
  }

  @Override
  public void hasAttr(int group, long attribute) {
    boolean known =
        switch (group) {
          case DeviceAttributes.GROUP_ADDR -> attribute == DeviceAttributes.ADDR_ITS;
          case DeviceAttributes.GROUP_CTRL ->
              attribute == DeviceAttributes.CTRL_INIT
                  || attribute == DeviceAttributes.CTRL_ITS_SAVE_TABLES
                  || attribute == DeviceAttributes.CTRL_ITS_RESTORE_TABLES
                  || attribute == DeviceAttributes.CTRL_ITS_RESET;
          default -> false;
        };
    if (!known) {
      throw DeviceAttributes.unknown(this, group, attribute);
    }
  }

  @Override
  protected void destroy() {
    its.destroy();
  }

  @Override
  public String toString() {
    return its.toString();
  }
}
