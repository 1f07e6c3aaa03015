package org.irqbypass.vfio;

import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.irqbypass.work.Mutex;
import org.irqbypass.work.Waiter;

/**
 * What groups share an address space in ({@code struct vfio_container}, {@code
 * drivers/vfio/container.c}). It outlives its file for as long as a group is in it.
 */
final class VfioContainer implements Fingerprinted {
  private final Mutex mutex;
  private int groups;
  private boolean hasIommu;

  VfioContainer(Waiter waiter) {
    this.mutex = new Mutex(waiter, "a VFIO container");
  }

  void setIommu(int type) {
    mutex.lock();
    try {
      if (groups == 0 || hasIommu) {
        throw new ErrnoException(
            Errno.EINVAL,
            groups == 0 ? "the container has no group" : "the container has an IOMMU already");
      }
      if (type != VfioContainerFile.TYPE1_IOMMU && type != VfioContainerFile.TYPE1_V2_IOMMU) {
        throw new ErrnoException(Errno.ENODEV, "no driver for IOMMU type " + type);
      }
      hasIommu = true;
    } finally {
      mutex.unlock();
    }
  }

  void attach() {
    mutex.lock();
    groups++;
    mutex.unlock();
  }

  void detach() {
    mutex.lock();
    groups--;
    if (groups == 0) {
      hasIommu = false;
    }
    mutex.unlock();
  }

  boolean hasIommu() {
    mutex.lock();
    try {
      return hasIommu;
    } finally {
      mutex.unlock();
    }
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    sink.put(groups).put(hasIommu);
  }
}
