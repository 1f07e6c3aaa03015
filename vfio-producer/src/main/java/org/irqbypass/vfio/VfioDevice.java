package org.irqbypass.vfio;

import com.google.common.base.Preconditions;
import com.google.common.collect.ImmutableList;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.irqbypass.work.EveryStep;
import org.irqbypass.work.Mutex;
import org.jspecify.annotations.Nullable;

/**
 * A device that is passed through ({@code struct vfio_device}): what all kinds of devices have in
 * common, above all the checks that {@code VFIO_DEVICE_SET_IRQS} makes before it looks at the index
 * ({@code vfio_set_irqs_validate_and_prepare()} in {@code vfio_main.c}).
 *
 * <p><b>Locks.</b> One mutex, Linux's {@code igate}, is held over each call that configures
 * interrupts. Lock order: igate, then the registry's token, then what a registry callback takes. No
 * interrupt takes the igate.
 *
 * <p>Safe for use from many threads.
 */
public abstract class VfioDevice implements Fingerprinted {
  private final Vfio vfio;
  private final String name;
  private final Mutex opening;
  private final Mutex igate;
  private final List<Runnable> whenClosed = new ArrayList<>();
  private @Nullable VfioGroup group;
  private volatile int descriptors;

  /**
   * Makes a device that is closed and in no group.
   *
   * @param vfio the host's
   * @param name by which its group knows it
   */
  protected VfioDevice(Vfio vfio, String name) {
    this.vfio = vfio;
    this.name = name;
    this.opening = new Mutex(vfio.kernel().waiter(), "opening and closing " + name);
    this.igate = new Mutex(vfio.kernel().waiter(), "the igate of " + name);
  }

  void join(VfioGroup joined) {
    Preconditions.checkState(group == null, "%s is in %s already", this, group);
    group = joined;
  }

  /**
   * By what name the group knows the device.
   *
   * @return such as {@code 0000:00:04.0}, or whatever it was made with
   */
  public final String name() {
    return name;
  }

  /**
   * The group the device is in.
   *
   * @return its group
   */
  public final VfioGroup group() {
    VfioGroup mine = group;
    Preconditions.checkState(mine != null, "%s is in no group", this);
    return mine;
  }

  /**
   * Whether a descriptor of the device is open.
   *
   * @return true from the first open to the last close
   */
  public final boolean isOpen() {
    return descriptors != 0;
  }

  /**
   * What the device is ({@code VFIO_DEVICE_GET_INFO}).
   *
   * @param argsz the size of the caller's structure, u32, in bytes
   * @return flags and counts
   * @throws ErrnoException {@code EINVAL} for less than 16 bytes; {@code EBADF} if the device is
   *     not open
   */
  public final DeviceInfo info(int argsz) {
    checkOpen();
    checkSize(argsz, DeviceInfo.MINIMUM_SIZE, "vfio_device_info");
    return new DeviceInfo(argsz, deviceFlags(), regions(), indexes());
  }

  /**
   * What an interrupt index has ({@code VFIO_DEVICE_GET_IRQ_INFO}).
   *
   * @param index which, u32
   * @param argsz the size of the caller's structure, u32, in bytes
   * @return flags and count
   * @throws ErrnoException {@code EINVAL} for less than 16 bytes, and for an index the device does
   *     not have; {@code EBADF} if the device is not open
   */
  public final IrqInfo irqInfo(int index, int argsz) {
    checkOpen();
    checkSize(argsz, IrqInfo.MINIMUM_SIZE, "vfio_irq_info");
    if (Integer.compareUnsigned(index, indexes()) >= 0 || !hasInfo(index)) {
      throw new ErrnoException(
          Errno.EINVAL, this + " has no interrupt index " + Integer.toUnsignedString(index));
    }
    return new IrqInfo(argsz, irqFlags(index), index, count(index));
  }

  private static void checkSize(int argsz, int least, String structure) {
    if (Integer.compareUnsigned(argsz, least) < 0) {
      throw new ErrnoException(
          Errno.EINVAL,
          "struct "
              + structure
              + " needs "
              + least
              + " bytes, argsz is "
              + Integer.toUnsignedString(argsz));
    }
  }

  /**
   * Configures interrupts ({@code VFIO_DEVICE_SET_IRQS}) from the binary structure.
   *
   * @param set a {@code struct vfio_irq_set} in native order, from the buffer's position on
   * @return as {@link #setIrqs(IrqSet)}
   * @throws ErrnoException {@code EFAULT} if the header is not all there; otherwise as {@link
   *     #setIrqs(IrqSet)}
   */
  public final int setIrqs(ByteBuffer set) {
    checkOpen();
    return setIrqs(IrqSet.read(set));
  }

  /**
   * Configures interrupts ({@code VFIO_DEVICE_SET_IRQS}). The checks are made in this order; the
   * per-index rules are told by the device's class.
   *
   * @param set what to do
   * @return 0; or the number of vectors that could be allocated, where it is above 0 and fewer than
   *     were asked for: nothing was done then
   * @throws ErrnoException {@code EBADF} if the device is not open; {@code EINVAL}: argsz below 20,
   *     no such index, start + count beyond u32, unknown flags, start or start + count beyond the
   *     index's interrupts, not exactly one kind of data, argsz too small for the data; {@code
   *     EFAULT}: the data is not all there; {@code ENOTTY}: not exactly one action, or one that the
   *     index does not have; and what the index's own rules say
   */
  public final int setIrqs(IrqSet set) {
    checkOpen();
    check(set);
    igate.lock();
    try {
      checkOpen();
      return apply(set);
    } finally {
      igate.unlock();
    }
  }

  private void check(IrqSet set) {
    int start = set.start();
    int count = set.count();
    if (Integer.compareUnsigned(set.argsz(), IrqSet.HEADER_SIZE) < 0
        || Integer.compareUnsigned(set.index(), indexes()) >= 0
        || Integer.compareUnsigned(count, -1 - start) >= 0
        || (set.flags() & ~(IrqSet.DATA_TYPES | IrqSet.ACTIONS)) != 0) {
      throw new ErrnoException(Errno.EINVAL, this + " cannot read " + set);
    }
    int has = count(set.index());
    if (Integer.compareUnsigned(start, has) >= 0
        || Integer.compareUnsigned(start + count, has) > 0) {
      throw new ErrnoException(
          Errno.EINVAL, set + " is beyond the " + has + " interrupts of this index of " + this);
    }
    long size =
        switch (set.dataType()) {
          case IrqSet.DATA_NONE -> 0;
          case IrqSet.DATA_BOOL -> 1L;
          case IrqSet.DATA_EVENTFD -> 4L;
          default -> throw new ErrnoException(Errno.EINVAL, set + " does not say what its data is");
        };
    long needed = Integer.toUnsignedLong(count) * size;
    if (Integer.toUnsignedLong(set.argsz()) - IrqSet.HEADER_SIZE < needed) {
      throw new ErrnoException(Errno.EINVAL, set + " has no room for its data");
    }
    if (set.dataSize() < needed) {
      throw new ErrnoException(
          Errno.EFAULT, set + " needs " + needed + " bytes of data, has " + set.dataSize());
    }
  }

  /**
   * Resets the device ({@code VFIO_DEVICE_RESET}). Triggers and masks stay.
   *
   * @throws ErrnoException {@code EINVAL} if it cannot be reset; {@code EBADF} if it is not open
   */
  public final void reset() {
    checkOpen();
    if ((deviceFlags() & DeviceInfo.FLAG_RESET) == 0) {
      throw new ErrnoException(Errno.EINVAL, this + " cannot be reset");
    }
    resetHardware();
  }

  /**
   * One interrupt of the device: where explicit forwarding attaches.
   *
   * @param index which index, u32
   * @param subindex which of the index's interrupts, u32
   * @return the same object at each call
   * @throws ErrnoException {@code EINVAL} outside of what the device has, and for an index whose
   *     interrupts are no host interrupts (ERR, REQ)
   */
  public final VfioInterrupt interrupt(int index, int subindex) {
    VfioInterrupt interrupt =
        Integer.compareUnsigned(index, indexes()) < 0
                && Integer.compareUnsigned(subindex, count(index)) < 0
            ? find(index, subindex)
            : null;
    if (interrupt == null) {
      throw new ErrnoException(
          Errno.EINVAL,
          this
              + " has no interrupt "
              + Integer.toUnsignedString(index)
              + "/"
              + Integer.toUnsignedString(subindex)
              + " that could be forwarded");
    }
    return interrupt;
  }

  /**
   * Has something done once, when the last descriptor of the device is closed: before its
   * interrupts are torn down, and outside the igate.
   *
   * @param task what to do; may un-forward this device's interrupts
   */
  public final void whenClosed(Runnable task) {
    opening.lock();
    try {
      whenClosed.add(task);
    } finally {
      opening.unlock();
    }
  }

  // Only written under the opening mutex: volatile for those who ask without it.
  @SuppressWarnings("NonAtomicVolatileUpdate")
  final void openOnce() {
    opening.lock();
    try {
      if (descriptors == 0) {
        locked(this::open);
      }
      descriptors++;
    } finally {
      opening.unlock();
    }
  }

  @SuppressWarnings("NonAtomicVolatileUpdate")
  final void closeOnce() {
    ImmutableList<Runnable> tasks = ImmutableList.of();
    opening.lock();
    try {
      if (descriptors == 1) {
        tasks = ImmutableList.copyOf(whenClosed);
        whenClosed.clear();
      }
    } finally {
      opening.unlock();
    }
    EveryStep steps = new EveryStep();
    tasks.forEach(steps::take);
    opening.lock();
    try {
      descriptors--;
      if (descriptors == 0) {
        steps.take(() -> locked(this::close));
      }
    } finally {
      opening.unlock();
    }
    steps.throwFirst();
  }

  private void locked(Runnable change) {
    igate.lock();
    try {
      change.run();
    } finally {
      igate.unlock();
    }
  }

  final void checkOpen() {
    if (!isOpen()) {
      throw new ErrnoException(Errno.EBADF, this + " is not open");
    }
  }

  /**
   * The lock over everything that configures this device's interrupts ({@code igate}).
   *
   * @return the lock
   */
  protected final Mutex igate() {
    return igate;
  }

  /**
   * The host's VFIO.
   *
   * @return as given to the constructor
   */
  protected final Vfio vfio() {
    return vfio;
  }

  /** The first descriptor is being opened. Called with the igate held. */
  protected abstract void open();

  /** The last descriptor was closed: give everything back. Called with the igate held. */
  protected abstract void close();

  /**
   * What GET_INFO says of the device.
   *
   * @return {@code DeviceInfo.FLAG_*} bits
   */
  protected abstract int deviceFlags();

  /**
   * How many regions the device has.
   *
   * @return 0 or more
   */
  protected abstract int regions();

  /**
   * How many interrupt indexes the device has.
   *
   * @return 0 or more
   */
  protected abstract int indexes();

  /**
   * Whether GET_IRQ_INFO answers for an index.
   *
   * @param index one of the device's
   * @return false for an index that this device lacks
   */
  protected abstract boolean hasInfo(int index);

  /**
   * What GET_IRQ_INFO says of an index.
   *
   * @param index one of the device's
   * @return {@code IrqInfo.FLAG_*} bits
   */
  protected abstract int irqFlags(int index);

  /**
   * How many interrupts an index has.
   *
   * @param index one of the device's
   * @return 0 or more
   */
  protected abstract int count(int index);

  /**
   * One interrupt.
   *
   * @param index one of the device's
   * @param subindex below the index's count
   * @return null if it is no host interrupt
   */
  protected abstract @Nullable VfioInterrupt find(int index, int subindex);

  /**
   * Does what a set asks for, whose index, range and data are known to be good. Called with the
   * igate held.
   *
   * @param set what to do
   * @return as {@link #setIrqs(IrqSet)}
   */
  protected abstract int apply(IrqSet set);

  /** Resets the hardware. */
  protected abstract void resetHardware();

  @Override
  public void writeTo(FingerprintSink sink) {
    sink.put(descriptors).putReference(group);
  }

  @Override
  public String toString() {
    return name;
  }
}
