package org.irqbypass.scenario;

import com.google.common.collect.ImmutableMap;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.vfio.pci.PciFunction;
import org.irqbypass.vfio.pci.VfioPciDevice;

/** Finds the devices that operations name. */
final class DeviceTable {
  /** Where the command register is in configuration space ({@code PCI_COMMAND}). */
  static final int COMMAND = 4;

  private final ImmutableMap<String, HostDevice> devices;
  private final ImmutableMap<String, DeviceDescription> described;
  private final Descriptors descriptors;

  DeviceTable(SimulatedHost host) {
    this.devices = host.devices();
    this.described = host.options().devices();
    this.descriptors = host.descriptors();
  }

  /** The device of an operation, open or not. */
  HostDevice of(Operation op) {
    HostDevice device = devices.get(op.text("dev"));
    if (device == null) {
      throw Devices.unknown(op, "dev", described);
    }
    return device;
  }

  /** The device whose group's descriptor is called so. */
  HostDevice ofGroup(Operation op, String name) {
    HostDevice device = name.startsWith("grp:") ? devices.get(name.substring(4)) : null;
    if (device == null) {
      throw op.wrong("fd", "grp: and one of " + String.join(", ", devices.keySet()));
    }
    return device;
  }

  /** The device of an operation, which must be open. */
  HostDevice open(Operation op) {
    HostDevice device = of(op);
    if (!descriptors.isOpen("dev:" + device.name())) {
      throw new ErrnoException(Errno.EBADF, device + " is not open");
    }
    return device;
  }

  /** The PCI side of a device that must have one. */
  PciFunction function(Operation op, HostDevice device) {
    PciFunction function = device.function();
    if (function == null) {
      throw op.wrong("dev", "a PCI device");
    }
    return function;
  }

  int readCommand(HostDevice device) {
    return ((VfioPciDevice) device.vfio()).readConfig(COMMAND, 2);
  }

  void writeCommand(HostDevice device, int command) {
    ((VfioPciDevice) device.vfio()).writeConfig(COMMAND, 2, command);
  }
}
