package org.irqbypass.kvm;

import org.irqbypass.eventfd.OpenFile;

/** An open device, which keeps its VM alive. */
final class KvmDeviceFile extends OpenFile {
  private final KvmDevice device;

  KvmDeviceFile(KvmDevice device) {
    this.device = device;
  }

  KvmDevice device() {
    return device;
  }

  @Override
  protected void release() {
    boolean gone = true;
    try {
      gone = device.release();
    } finally {
      if (gone) {
        device.vm().removeDevice(device);
      }
      device.vm().put();
    }
  }

  @Override
  public String toString() {
    return device.toString();
  }
}
