package org.irqbypass.legacy;

import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.eventfd.DescriptorTable;
import org.irqbypass.eventfd.OpenFile;
import org.irqbypass.vfio.VfioDevice;
import org.irqbypass.vfio.VfioDeviceFile;

/** Keeps a VFIO device open for the length of a call. */
record DeviceReference(VfioDevice device, OpenFile file) implements AutoCloseable {
  /**
   * Takes a reference on the device behind a descriptor.
   *
   * @throws ErrnoException {@code EBADF}: nothing is open there; {@code EINVAL}: it is no VFIO
   *     device
   */
  static DeviceReference of(DescriptorTable descriptors, int fd) {
    OpenFile file = descriptors.fget(fd);
    if (file instanceof VfioDeviceFile device) {
      return new DeviceReference(device.device(), file);
    }
    file.put();
    throw new ErrnoException(Errno.EINVAL, "descriptor " + fd + " is no VFIO device");
  }

  @Override
  public void close() {
    file.put();
  }
}
