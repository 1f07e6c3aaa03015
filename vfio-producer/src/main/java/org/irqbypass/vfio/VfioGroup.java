package org.irqbypass.vfio;

import com.google.common.base.Preconditions;
import java.util.LinkedHashMap;
import java.util.Map;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.irqbypass.work.Mutex;
import org.jspecify.annotations.Nullable;

/**
 * Devices that the IOMMU cannot tell apart ({@code struct vfio_group}, {@code
 * drivers/vfio/group.c}). It is opened once at a time; each open device holds a reference to the
 * file, so it stays open until the last of them is closed. Safe for use from many threads.
 */
public final class VfioGroup implements Fingerprinted {
  private final Vfio vfio;
  private final int number;
  private final Mutex mutex;
  private final Map<String, VfioDevice> devices = new LinkedHashMap<>();
  private @Nullable VfioGroupFile opened;
  private @Nullable VfioContainer container;

  /** Users of the container: the group, and each open descriptor of a device. */
  private int containerUsers;

  /**
   * Makes a group without devices.
   *
   * @param vfio the host's
   * @param number its number under {@code /dev/vfio}
   */
  public VfioGroup(Vfio vfio, int number) {
    this.vfio = vfio;
    this.number = number;
    this.mutex = new Mutex(vfio.kernel().waiter(), "VFIO group " + number);
  }

  /**
   * Adds a device ({@code vfio_register_group_dev()}).
   *
   * @param device is in no group yet
   * @return this group
   */
  public VfioGroup add(VfioDevice device) {
    mutex.lock();
    try {
      Preconditions.checkArgument(
          !devices.containsKey(device.name()), "%s has a device %s", this, device.name());
      device.join(this);
      devices.put(device.name(), device);
      return this;
    } finally {
      mutex.unlock();
    }
  }

  /**
   * The group's number.
   *
   * @return as under {@code /dev/vfio}
   */
  public int number() {
    return number;
  }

  /**
   * Whether the group's file is open.
   *
   * @return true until the last reference to the file is put
   */
  public boolean isOpen() {
    mutex.lock();
    try {
      return opened != null;
    } finally {
      mutex.unlock();
    }
  }

  VfioGroupFile open() {
    mutex.lock();
    try {
      if (opened != null) {
        throw new ErrnoException(Errno.EBUSY, this + " is open already");
      }
      VfioGroupFile file = new VfioGroupFile(this);
      opened = file;
      return file;
    } finally {
      mutex.unlock();
    }
  }

  void released() {
    mutex.lock();
    try {
      opened = null;
      leaveContainer();
    } finally {
      mutex.unlock();
    }
  }

  private void leaveContainer() {
    VfioContainer left = container;
    if (left != null) {
      container = null;
      containerUsers = 0;
      left.detach();
    }
  }

  int status() {
    mutex.lock();
    try {
      return VfioGroupFile.FLAG_VIABLE | (container == null ? 0 : VfioGroupFile.FLAG_CONTAINER_SET);
    } finally {
      mutex.unlock();
    }
  }

  void setContainer(int fd) {
    Object file = vfio.kernel().descriptors().file(fd);
    mutex.lock();
    try {
      if (container != null) {
        throw new ErrnoException(Errno.EINVAL, this + " is in a container already");
      }
      if (!(file instanceof VfioContainerFile containerFile)) {
        throw new ErrnoException(Errno.EINVAL, "descriptor " + fd + " is no VFIO container");
      }
      VfioContainer joined = containerFile.container();
      joined.attach();
      container = joined;
      containerUsers = 1;
    } finally {
      mutex.unlock();
    }
  }

  void unsetContainer() {
    mutex.lock();
    try {
      if (container == null) {
        throw new ErrnoException(Errno.EINVAL, this + " is in no container");
      }
      if (containerUsers != 1) {
        throw new ErrnoException(
            Errno.EBUSY, this + " has " + (containerUsers - 1) + " open device descriptors");
      }
      leaveContainer();
    } finally {
      mutex.unlock();
    }
  }

  int deviceFd(VfioGroupFile file, String name) {
    VfioDevice device;
    mutex.lock();
    try {
      device = devices.get(name);
      if (device == null) {
        throw new ErrnoException(Errno.ENODEV, this + " has no device " + name);
      }
      VfioContainer mine = container;
      if (mine == null || !mine.hasIommu()) {
        throw new ErrnoException(
            Errno.EINVAL, this + (mine == null ? " is in no container" : " has no IOMMU"));
      }
      if (!file.get()) {
        throw new ErrnoException(Errno.EBADF, this + " is being closed");
      }
      containerUsers++;
    } finally {
      mutex.unlock();
    }
    boolean opened = false;
    try {
      device.openOnce();
      opened = true;
    } finally {
      if (!opened) {
        leave(file);
      }
    }
    return vfio.kernel()
        .descriptors()
        .installOrUndo(() -> new VfioDeviceFile(device, file), () -> closeDevice(device, file));
  }

  /** A descriptor of a device was closed, or could not be given out. */
  void closeDevice(VfioDevice device, VfioGroupFile file) {
    try {
      device.closeOnce();
    } finally {
      leave(file);
    }
  }

  private void leave(VfioGroupFile file) {
    mutex.lock();
    containerUsers--;
    mutex.unlock();
    file.put();
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    sink.put(opened != null).put(containerUsers).putReference(container);
  }

  @Override
  public String toString() {
    return "VFIO group " + number;
  }
}
