package org.irqbypass.vfio;

import org.irqbypass.eventfd.OpenFile;

/** An open device. Safe for use from many threads. */
public final class VfioDeviceFile extends OpenFile {
  private final VfioDevice device;
  private final VfioGroupFile group;

  VfioDeviceFile(VfioDevice device, VfioGroupFile group) {
    this.device = device;
    this.group = group;
  }

  /**
   * The device this file opened.
   *
   * @return the device
   */
  public VfioDevice device() {
    return device;
  }

  @Override
  protected void release() {
    group.group().closeDevice(device, group);
  }

  @Override
  public String toString() {
    return "VFIO device " + device.name();
  }
}
