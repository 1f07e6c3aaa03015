package org.irqbypass.vfio;

/**
 * What {@code VFIO_DEVICE_GET_IRQ_INFO} answers ({@code struct vfio_irq_info}).
 *
 * @param argsz the caller's, in bytes
 * @param flags {@code FLAG_*} bits
 * @param index which index
 * @param count how many interrupts the index has, 0 or more
 */
public record IrqInfo(int argsz, int flags, int index, int count) {
  /** {@code VFIO_IRQ_INFO_EVENTFD}: interrupts are signalled through eventfds. */
  public static final int FLAG_EVENTFD = 1;

  /** {@code VFIO_IRQ_INFO_MASKABLE}: ACTION_MASK and ACTION_UNMASK work. */
  public static final int FLAG_MASKABLE = 1 << 1;

  /** {@code VFIO_IRQ_INFO_AUTOMASKED}: masked by each interrupt. */
  public static final int FLAG_AUTOMASKED = 1 << 2;

  /** {@code VFIO_IRQ_INFO_NORESIZE}: vectors can be added only after all were disabled. */
  public static final int FLAG_NORESIZE = 1 << 3;

  /** The least {@code argsz} that is accepted, in bytes. */
  public static final int MINIMUM_SIZE = 16;
}
