package org.irqbypass.legacy;

import com.google.common.primitives.ImmutableIntArray;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.jspecify.annotations.Nullable;

/**
 * Which interrupts of a VFIO device, and which guest interrupts they become ({@code struct
 * kvm_vfio_dev_irq} of the 2015 proposal): five u32 and an array of u32, in native order.
 * Immutable.
 *
 * @param argsz the size that the caller says the structure has, u32, in bytes
 * @param fd a descriptor of a VFIO device
 * @param index the VFIO interrupt index, u32
 * @param start the first sub-index, u32
 * @param count how many sub-indexes, u32
 * @param gsis the guest interrupt of each sub-index, u32
 */
public record KvmVfioDevIrq(
    int argsz, int fd, int index, int start, int count, ImmutableIntArray gsis) {
  /** The size of the structure without its array, in bytes. */
  public static final int HEADER_SIZE = 20;

  /**
   * Names interrupts to forward.
   *
   * @param fd a descriptor of a VFIO device
   * @param index the VFIO interrupt index
   * @param start the first sub-index
   * @param gsis the guest interrupts of it and of those that follow
   * @return a request of matching sizes
   */
  public static KvmVfioDevIrq of(int fd, int index, int start, int... gsis) {
    return new KvmVfioDevIrq(
        HEADER_SIZE + Integer.BYTES * gsis.length,
        fd,
        index,
        start,
        gsis.length,
        ImmutableIntArray.copyOf(gsis));
  }

  /**
   * Names interrupts without guest interrupts, to un-forward.
   *
   * @param fd a descriptor of a VFIO device
   * @param index the VFIO interrupt index
   * @param start the first sub-index
   * @param count how many sub-indexes
   * @return a request that has only a header
   */
  public static KvmVfioDevIrq range(int fd, int index, int start, int count) {
    return new KvmVfioDevIrq(HEADER_SIZE, fd, index, start, count, ImmutableIntArray.of());
  }

  /**
   * Reads the binary structure.
   *
   * @param payload from its position on; null: unreadable
   * @param withGsis whether the array is wanted; otherwise it is neither checked nor read
   * @return what it says
   * @throws ErrnoException {@code EFAULT}: the header is not all there; {@code EINVAL}: the sizes
   *     contradict each other; {@code EFAULT}: the array is not all there
   */
  static KvmVfioDevIrq read(@Nullable ByteBuffer payload, boolean withGsis) {
    if (payload == null || payload.remaining() < HEADER_SIZE) {
      throw new ErrnoException(
          Errno.EFAULT,
          "struct kvm_vfio_dev_irq has a header of "
              + HEADER_SIZE
              + " bytes, there are "
              + (payload == null ? "none" : payload.remaining()));
    }
    ByteBuffer in = payload.slice().order(ByteOrder.nativeOrder());
    KvmVfioDevIrq header =
        new KvmVfioDevIrq(
            in.getInt(),
            in.getInt(),
            in.getInt(),
            in.getInt(),
            in.getInt(),
            ImmutableIntArray.of());
    header.checkSizes(withGsis);
    if (!withGsis) {
      return header;
    }
    header.checkReadable(in.remaining() / Integer.BYTES);
    ImmutableIntArray.Builder gsis = ImmutableIntArray.builder(header.count);
    for (int i = 0; i < header.count; i++) {
      gsis.add(in.getInt());
    }
    return new KvmVfioDevIrq(
        header.argsz, header.fd, header.index, header.start, header.count, gsis.build());
  }

  /**
   * Checks what {@link #read} checks, of a request that was not read.
   *
   * @param withGsis whether the array is wanted
   */
  void check(boolean withGsis) {
    checkSizes(withGsis);
    if (withGsis) {
      checkReadable(gsis.length());
    }
  }

  private void checkSizes(boolean withGsis) {
    long size = Integer.toUnsignedLong(argsz);
    long number = Integer.toUnsignedLong(count);
    if (size < HEADER_SIZE
        || number == 0
        || Integer.toUnsignedLong(start) + number > 0xffff_ffffL
        || (withGsis && size - HEADER_SIZE < number * Integer.BYTES)) {
      throw new ErrnoException(Errno.EINVAL, this + " contradicts itself");
    }
  }

  private void checkReadable(int there) {
    if (Integer.toUnsignedLong(count) > there) {
      throw new ErrnoException(Errno.EFAULT, this + " has only " + there + " guest interrupts");
    }
  }

  /**
   * Writes the binary structure.
   *
   * @return a buffer at position 0, native order, as long as the header and the array are
   */
  public ByteBuffer toBuffer() {
    ByteBuffer out =
        ByteBuffer.allocate(HEADER_SIZE + Integer.BYTES * gsis.length())
            .order(ByteOrder.nativeOrder())
            .putInt(argsz)
            .putInt(fd)
            .putInt(index)
            .putInt(start)
            .putInt(count);
    gsis.forEach(out::putInt);
    return out.flip();
  }

  @Override
  public String toString() {
    return "kvm_vfio_dev_irq(argsz "
        + Integer.toUnsignedString(argsz)
        + ", fd "
        + fd
        + ", index "
        + Integer.toUnsignedString(index)
        + ", start "
        + Integer.toUnsignedString(start)
        + ", count "
        + Integer.toUnsignedString(count)
        + ", gsis "
        + gsis
        + ")";
  }
}
