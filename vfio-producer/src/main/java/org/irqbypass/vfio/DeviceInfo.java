package org.irqbypass.vfio;

/**
 * What {@code VFIO_DEVICE_GET_INFO} answers ({@code struct vfio_device_info}).
 *
 * @param argsz the caller's, in bytes
 * @param flags {@code FLAG_*} bits
 * @param regions how many regions the device has
 * @param irqs how many interrupt indexes the device has
 */
public record DeviceInfo(int argsz, int flags, int regions, int irqs) {
  /** {@code VFIO_DEVICE_FLAGS_RESET}: the device can be reset. */
  public static final int FLAG_RESET = 1;

  /** {@code VFIO_DEVICE_FLAGS_PCI}. */
  public static final int FLAG_PCI = 1 << 1;

  /** {@code VFIO_DEVICE_FLAGS_PLATFORM}. */
  public static final int FLAG_PLATFORM = 1 << 2;

  /** {@code VFIO_DEVICE_FLAGS_AMBA}. */
  public static final int FLAG_AMBA = 1 << 3;

  /** The least {@code argsz} that is accepted, in bytes. */
  public static final int MINIMUM_SIZE = 16;
}
