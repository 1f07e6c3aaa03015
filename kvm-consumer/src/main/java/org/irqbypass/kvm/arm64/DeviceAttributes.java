package org.irqbypass.kvm.arm64;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.jspecify.annotations.Nullable;

/**
 * The attributes of Arm's interrupt controllers ({@code arch/arm64/include/uapi/asm/kvm.h}), and
 * how their values lie in userspace's memory.
 */
public final class DeviceAttributes {
  /** {@code KVM_DEV_ARM_VGIC_GRP_ADDR}: where the controller's frames are. A u64. */
  public static final int GROUP_ADDR = 0;

  /** {@code KVM_DEV_ARM_VGIC_GRP_NR_IRQS}: private interrupts and SPIs. A u32. */
  public static final int GROUP_NR_IRQS = 3;

  /** {@code KVM_DEV_ARM_VGIC_GRP_CTRL}: orders without a value. */
  public static final int GROUP_CTRL = 4;

  /**
   * {@code KVM_DEV_ARM_VGIC_GRP_REDIST_REGS}: a vCPU's registers. A u32; the vCPU's place is in the
   * attribute's upper half, the offset in the lower.
   */
  public static final int GROUP_REDIST_REGS = 5;

  /** {@code KVM_DEV_ARM_VGIC_CTRL_INIT}. */
  public static final int CTRL_INIT = 0;

  /** {@code KVM_DEV_ARM_ITS_SAVE_TABLES}. */
  public static final int CTRL_ITS_SAVE_TABLES = 1;

  /** {@code KVM_DEV_ARM_ITS_RESTORE_TABLES}. */
  public static final int CTRL_ITS_RESTORE_TABLES = 2;

  /** {@code KVM_DEV_ARM_VGIC_SAVE_PENDING_TABLES}. */
  public static final int CTRL_SAVE_PENDING_TABLES = 3;

  /** {@code KVM_DEV_ARM_ITS_CTRL_RESET}. */
  public static final int CTRL_ITS_RESET = 4;

  /** {@code KVM_VGIC_V2_ADDR_TYPE_DIST}. */
  public static final int ADDR_V2_DIST = 0;

  /** {@code KVM_VGIC_V2_ADDR_TYPE_CPU}. */
  public static final int ADDR_V2_CPU = 1;

  /** {@code KVM_VGIC_V3_ADDR_TYPE_DIST}. */
  public static final int ADDR_V3_DIST = 2;

  /** {@code KVM_VGIC_V3_ADDR_TYPE_REDIST}. */
  public static final int ADDR_V3_REDIST = 3;

  /** {@code KVM_VGIC_ITS_ADDR_TYPE}. */
  public static final int ADDR_ITS = 4;

  /** {@code GICR_CTLR}. */
  static final long GICR_CTLR = 0;

  private static final long UNPLACED = -1;
  private static final long ADDRESS_LIMIT = 1L << 40;

  private DeviceAttributes() {}

  static int getU32(@Nullable ByteBuffer payload) {
    return readable(payload, Integer.BYTES).getInt(0);
  }

  static long getU64(@Nullable ByteBuffer payload) {
    return readable(payload, Long.BYTES).getLong(0);
  }

  static void putU32(@Nullable ByteBuffer payload, int value) {
    readable(payload, Integer.BYTES).putInt(0, value);
  }

  static void putU64(@Nullable ByteBuffer payload, long value) {
    readable(payload, Long.BYTES).putLong(0, value);
  }

  private static ByteBuffer readable(@Nullable ByteBuffer payload, int size) {
    if (payload == null || payload.remaining() < size) {
      throw new ErrnoException(Errno.EFAULT, "the attribute's value has " + size + " bytes");
    }
    return payload.slice().order(ByteOrder.nativeOrder());
  }

  /** {@code vgic_check_iorange()}: where a frame may be placed. */
  static void checkPlace(long before, long address, long alignment, long size) {
    if (before != UNPLACED) {
      throw new ErrnoException(Errno.EEXIST, String.format("the frame is at %#x already", before));
    }
    if (address % alignment != 0 || address < 0) {
      throw new ErrnoException(Errno.EINVAL, String.format("%#x is not aligned", address));
    }
    if (address + size > ADDRESS_LIMIT) {
      throw new ErrnoException(
          Errno.E2BIG, String.format("%#x is beyond the guest's addresses", address));
    }
  }

  static ErrnoException unknown(Object device, int group, long attribute) {
    return new ErrnoException(
        Errno.ENXIO, String.format("%s has no attribute %d of group %d", device, attribute, group));
  }
}
