package org.irqbypass.vfio.platform;

import com.google.common.collect.ImmutableList;
import java.util.List;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.vfio.DeviceInfo;
import org.irqbypass.vfio.IrqSet;
import org.irqbypass.vfio.Vfio;
import org.irqbypass.vfio.VfioDevice;
import org.irqbypass.vfio.VfioInterrupt;
import org.irqbypass.work.EveryStep;
import org.jspecify.annotations.Nullable;

/**
 * A platform or AMBA device that is passed through ({@code vfio_platform_common.c}, {@code
 * vfio_platform_irq.c}): each index is one wired interrupt.
 *
 * <p>What SET_IRQS answers beyond the common checks: whatever the request of the host interrupt
 * failed with when the device was opened; start not 0 or count not 1 {@code EINVAL}, but that
 * TRIGGER with count 0 and no data drops the trigger; MASK and UNMASK of an edge {@code EINVAL}; an
 * eventfd {@code EBADF}, {@code EINVAL}, or for MASK and UNMASK {@code EBUSY} if there is one. A
 * bad descriptor leaves an interrupt without trigger.
 *
 * <p>Safe for use from many threads.
 */
public final class VfioPlatformDevice extends VfioDevice {
  private final ImmutableList<PlatformInterrupt> interrupts;
  private final boolean isAmba;
  private final @Nullable Runnable reset;

  /**
   * Makes a platform device that cannot be reset, closed and in no group.
   *
   * @param vfio the host's
   * @param name by which its group knows it
   * @param irqs one for each index
   */
  public VfioPlatformDevice(Vfio vfio, String name, List<PlatformIrq> irqs) {
    this(vfio, name, irqs, false, null);
  }

  /**
   * Makes a device that is closed and in no group.
   *
   * @param vfio the host's
   * @param name by which its group knows it
   * @param irqs one for each index
   * @param isAmba whether it is an AMBA device
   * @param reset resets the hardware; also when the device is opened and closed; null: it cannot be
   *     reset
   */
  public VfioPlatformDevice(
      Vfio vfio, String name, List<PlatformIrq> irqs, boolean isAmba, @Nullable Runnable reset) {
    super(vfio, name);
    ImmutableList.Builder<PlatformInterrupt> made = ImmutableList.builder();
    for (int index = 0; index < irqs.size(); index++) {
      made.add(new PlatformInterrupt(this, vfio, index, irqs.get(index).irq()));
    }
    this.interrupts = made.build();
    this.isAmba = isAmba;
    this.reset = reset;
  }

  @Override
  protected void open() {
    boolean opened = false;
    try {
      interrupts.forEach(PlatformInterrupt::request);
      resetHardware();
      opened = true;
    } finally {
      if (!opened) {
        freeEach();
      }
    }
  }

  @Override
  protected void close() {
    new EveryStep().take(this::resetHardware).take(this::freeEach).throwFirst();
  }

  private void freeEach() {
    EveryStep steps = new EveryStep();
    interrupts.forEach(interrupt -> steps.take(interrupt::free));
    steps.throwFirst();
  }

  @Override
  protected int deviceFlags() {
    return (isAmba ? DeviceInfo.FLAG_AMBA : DeviceInfo.FLAG_PLATFORM)
        | (reset == null ? 0 : DeviceInfo.FLAG_RESET);
  }

  @Override
  protected int regions() {
    return 1;
  }

  @Override
  protected int indexes() {
    return interrupts.size();
  }

  @Override
  protected boolean hasInfo(int index) {
    return true;
  }

  @Override
  protected int irqFlags(int index) {
    return interrupts.get(index).flags();
  }

  @Override
  protected int count(int index) {
    return 1;
  }

  @Override
  protected @Nullable VfioInterrupt find(int index, int subindex) {
    return interrupts.get(index);
  }

  @Override
  protected int apply(IrqSet set) {
    interrupts.get(set.index()).apply(set);
    return 0;
  }

  @Override
  protected void resetHardware() {
    if (reset != null) {
      reset.run();
    }
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    super.writeTo(sink);
    for (PlatformInterrupt interrupt : interrupts) {
      interrupt.writeTo(sink);
    }
  }
}
