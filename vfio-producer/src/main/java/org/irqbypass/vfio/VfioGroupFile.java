package org.irqbypass.vfio;

import org.irqbypass.errno.ErrnoException;
import org.irqbypass.eventfd.OpenFile;

/**
 * An open group ({@code /dev/vfio/$GROUP}, {@code drivers/vfio/group.c}). Whoever holds a reference
 * to the file, such as a KVM-VFIO device, keeps the group open. Safe for use from many threads.
 */
public final class VfioGroupFile extends OpenFile {
  /** {@code VFIO_GROUP_FLAGS_VIABLE}: every device of the group belongs to VFIO. */
  public static final int FLAG_VIABLE = 1;

  /** {@code VFIO_GROUP_FLAGS_CONTAINER_SET}. */
  public static final int FLAG_CONTAINER_SET = 1 << 1;

  private final VfioGroup group;

  VfioGroupFile(VfioGroup group) {
    this.group = group;
  }

  /**
   * The group this file opened.
   *
   * @return the group
   */
  public VfioGroup group() {
    return group;
  }

  /**
   * The group's state ({@code VFIO_GROUP_GET_STATUS}).
   *
   * @return {@code FLAG_*} bits
   */
  public int status() {
    return group.status();
  }

  /**
   * Puts the group into a container ({@code VFIO_GROUP_SET_CONTAINER}).
   *
   * @param fd the container's descriptor
   * @throws ErrnoException {@code EBADF} if nothing is open there; {@code EINVAL} if it is no
   *     container, or the group is in one already
   */
  public void setContainer(int fd) {
    group.setContainer(fd);
  }

  /**
   * Takes the group out of its container ({@code VFIO_GROUP_UNSET_CONTAINER}).
   *
   * @throws ErrnoException {@code EINVAL} if it is in none; {@code EBUSY} while a device of the
   *     group is open
   */
  public void unsetContainer() {
    group.unsetContainer();
  }

  /**
   * Opens a device of the group ({@code VFIO_GROUP_GET_DEVICE_FD}). A device may be opened again;
   * it closes with its last descriptor.
   *
   * @param name the device's name
   * @return a descriptor
   * @throws ErrnoException {@code ENODEV} if the group has no such device; {@code EINVAL} if the
   *     group is in no container, or the container has no IOMMU
   */
  public int deviceFd(String name) {
    return group.deviceFd(this, name);
  }

  @Override
  protected void release() {
    group.released();
  }

  @Override
  public String toString() {
    return group.toString();
  }
}
