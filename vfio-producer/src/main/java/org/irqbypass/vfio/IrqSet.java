package org.irqbypass.vfio;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;

/**
 * What {@code VFIO_DEVICE_SET_IRQS} is given ({@code struct vfio_irq_set}). Nothing is checked
 * here: whatever a process can write into the structure can be written into this. All numbers are
 * u32, as the bits of an int. Immutable.
 *
 * <p>{@code IrqSet.trigger(MSIX, 0, fd0, fd1)} sets two triggers, {@code IrqSet.disable(MSIX)}
 * disables the index, {@code IrqSet.mask(INTX)} and {@code IrqSet.unmask(INTX)} mask and unmask,
 * {@code IrqSet.loopBack(MSIX, 0, 2)} triggers by hand.
 */
public final class IrqSet {
  /** {@code VFIO_IRQ_SET_DATA_NONE}. */
  public static final int DATA_NONE = 1;

  /** {@code VFIO_IRQ_SET_DATA_BOOL}: one byte for each interrupt. */
  public static final int DATA_BOOL = 1 << 1;

  /** {@code VFIO_IRQ_SET_DATA_EVENTFD}: one descriptor for each interrupt, 4 bytes. */
  public static final int DATA_EVENTFD = 1 << 2;

  /** {@code VFIO_IRQ_SET_ACTION_MASK}. */
  public static final int ACTION_MASK = 1 << 3;

  /** {@code VFIO_IRQ_SET_ACTION_UNMASK}. */
  public static final int ACTION_UNMASK = 1 << 4;

  /** {@code VFIO_IRQ_SET_ACTION_TRIGGER}. */
  public static final int ACTION_TRIGGER = 1 << 5;

  /** Every flag that says what the data is. */
  public static final int DATA_TYPES = DATA_NONE | DATA_BOOL | DATA_EVENTFD;

  /** Every flag that says what to do. */
  public static final int ACTIONS = ACTION_MASK | ACTION_UNMASK | ACTION_TRIGGER;

  /** The size of the structure without its data, in bytes. */
  public static final int HEADER_SIZE = 20;

  private final int argsz;
  private final int flags;
  private final int index;
  private final int start;
  private final int count;
  private final byte[] data;

  private IrqSet(int argsz, int flags, int index, int start, int count, byte[] data) {
    this.argsz = argsz;
    this.flags = flags;
    this.index = index;
    this.start = start;
    this.count = count;
    this.data = data;
  }

  /**
   * A set without data.
   *
   * @param flags what to do with what data
   * @param index which interrupts
   * @param start the first of the index's interrupts
   * @param count how many
   * @return a set of 20 bytes
   */
  public static IrqSet of(int flags, int index, int start, int count) {
    return new IrqSet(HEADER_SIZE, flags, index, start, count, new byte[0]);
  }

  /**
   * Sets the triggers of consecutive interrupts.
   *
   * @param index which interrupts
   * @param start the first of the index's interrupts
   * @param fds an eventfd's descriptor for each; -1: no trigger
   * @return the set
   */
  public static IrqSet trigger(int index, int start, int... fds) {
    return of(DATA_EVENTFD | ACTION_TRIGGER, index, start, fds.length).withFds(fds);
  }

  /**
   * Disables an index.
   *
   * @param index which interrupts
   * @return the set
   */
  public static IrqSet disable(int index) {
    return of(DATA_NONE | ACTION_TRIGGER, index, 0, 0);
  }

  /**
   * Triggers interrupts by hand.
   *
   * @param index which interrupts
   * @param start the first of the index's interrupts
   * @param count how many
   * @return the set
   */
  public static IrqSet loopBack(int index, int start, int count) {
    return of(DATA_NONE | ACTION_TRIGGER, index, start, count);
  }

  /**
   * Masks the one interrupt of an index.
   *
   * @param index which interrupt
   * @return the set
   */
  public static IrqSet mask(int index) {
    return of(DATA_NONE | ACTION_MASK, index, 0, 1);
  }

  /**
   * Has an eventfd mask the one interrupt of an index.
   *
   * @param index which interrupt
   * @param fd an eventfd's descriptor; -1: none any more
   * @return the set
   */
  public static IrqSet maskBy(int index, int fd) {
    return of(DATA_EVENTFD | ACTION_MASK, index, 0, 1).withFds(fd);
  }

  /**
   * Unmasks the one interrupt of an index.
   *
   * @param index which interrupt
   * @return the set
   */
  public static IrqSet unmask(int index) {
    return of(DATA_NONE | ACTION_UNMASK, index, 0, 1);
  }

  /**
   * Has an eventfd unmask the one interrupt of an index.
   *
   * @param index which interrupt
   * @param fd an eventfd's descriptor; -1: none any more
   * @return the set
   */
  public static IrqSet unmaskBy(int index, int fd) {
    return of(DATA_EVENTFD | ACTION_UNMASK, index, 0, 1).withFds(fd);
  }

  /**
   * The same set with descriptors as its data.
   *
   * @param fds descriptors; count and flags stay as they are
   * @return a set whose argsz is that of the data
   */
  public IrqSet withFds(int... fds) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * fds.length).order(ByteOrder.nativeOrder());
    bytes.asIntBuffer().put(fds);
    return withData(bytes.array());
  }

  /**
   * The same set with truth values as its data.
   *
   * @param bools a byte each; count and flags stay as they are
   * @return a set whose argsz is that of the data
   */
  public IrqSet withBools(int... bools) {
    byte[] bytes = new byte[bools.length];
    for (int i = 0; i < bools.length; i++) {
      bytes[i] = (byte) bools[i];
    }
    return withData(bytes);
  }

  private IrqSet withData(byte[] bytes) {
    return new IrqSet(HEADER_SIZE + bytes.length, flags, index, start, count, bytes);
  }

  /**
   * The same set, claiming another size.
   *
   * @param newArgsz in bytes
   * @return a set that differs in its argsz only
   */
  public IrqSet withArgsz(int newArgsz) {
    return new IrqSet(newArgsz, flags, index, start, count, data);
  }

  /**
   * Reads the binary structure.
   *
   * @param buffer from its position on, in native order; its position stays
   * @return what is in it; the data is all that follows the header
   * @throws ErrnoException {@code EFAULT} if the header is not all there
   */
  public static IrqSet read(ByteBuffer buffer) {
    ByteBuffer in = buffer.duplicate().order(ByteOrder.nativeOrder());
    if (in.remaining() < HEADER_SIZE) {
      throw new ErrnoException(
          Errno.EFAULT, "struct vfio_irq_set has 20 bytes, only " + in.remaining() + " are there");
    }
    int argsz = in.getInt();
    int flags = in.getInt();
    int index = in.getInt();
    int start = in.getInt();
    int count = in.getInt();
    byte[] data = new byte[in.remaining()];
    in.get(data);
    return new IrqSet(argsz, flags, index, start, count, data);
  }

  /**
   * Writes the binary structure.
   *
   * @return header and data, in native order, ready to be read
   */
  public ByteBuffer write() {
    ByteBuffer out = ByteBuffer.allocate(HEADER_SIZE + data.length).order(ByteOrder.nativeOrder());
    out.putInt(argsz).putInt(flags).putInt(index).putInt(start).putInt(count).put(data);
    return out.flip();
  }

  /**
   * The size the structure claims to have.
   *
   * @return u32, in bytes
   */
  public int argsz() {
    return argsz;
  }

  /**
   * What to do with what data.
   *
   * @return {@code DATA_*} and {@code ACTION_*} bits
   */
  public int flags() {
    return flags;
  }

  /**
   * Which interrupts.
   *
   * @return u32
   */
  public int index() {
    return index;
  }

  /**
   * The first of the index's interrupts.
   *
   * @return u32
   */
  public int start() {
    return start;
  }

  /**
   * How many interrupts.
   *
   * @return u32
   */
  public int count() {
    return count;
  }

  /**
   * How much data is really there.
   *
   * @return in bytes
   */
  public int dataSize() {
    return data.length;
  }

  /**
   * Which data the set carries.
   *
   * @return the {@code DATA_*} bits alone
   */
  public int dataType() {
    return flags & DATA_TYPES;
  }

  /**
   * What the set does.
   *
   * @return the {@code ACTION_*} bits alone
   */
  public int action() {
    return flags & ACTIONS;
  }

  /**
   * A truth value of the data.
   *
   * @param i which, from 0
   * @return true unless the byte is 0
   */
  public boolean bool(int i) {
    return data[i] != 0;
  }

  /**
   * A descriptor of the data.
   *
   * @param i which, from 0
   * @return the descriptor
   */
  public int fd(int i) {
    return ByteBuffer.wrap(data).order(ByteOrder.nativeOrder()).getInt(4 * i);
  }

  /**
   * Whether this set asks to signal an interrupt by hand.
   *
   * @param i which of the set's interrupts, from 0
   * @return true for DATA_NONE, and for DATA_BOOL if its byte is not 0
   */
  public boolean selects(int i) {
    return dataType() == DATA_NONE || (dataType() == DATA_BOOL && bool(i));
  }

  @Override
  public String toString() {
    return String.format(
        "vfio_irq_set{argsz=%s flags=0x%x index=%s start=%s count=%s}",
        Integer.toUnsignedString(argsz),
        flags,
        Integer.toUnsignedString(index),
        Integer.toUnsignedString(start),
        Integer.toUnsignedString(count));
  }
}
