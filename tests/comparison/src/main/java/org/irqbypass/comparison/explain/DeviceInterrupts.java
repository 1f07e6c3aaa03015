package org.irqbypass.comparison.explain;

import com.google.common.collect.ImmutableMap;
import org.irqbypass.comparison.account.Interrupt;
import org.irqbypass.scenario.DeviceDescription;
import org.irqbypass.scenario.HostDevice;
import org.irqbypass.vfio.IrqIndex;
import org.irqbypass.vfio.VfioDevice;
import org.irqbypass.vfio.VfioInterrupt;

/** The interrupts that a device has, under the names of the comparison. */
public final class DeviceInterrupts {
  private DeviceInterrupts() {}

  /**
   * Those that can be bypassed; what VFIO adds of its own, for errors and requests, is left out.
   *
   * @param device of a host
   * @param description what it has
   * @return by name, in order of index and vector; the same objects as long as the device lives
   */
  public static ImmutableMap<Interrupt, VfioInterrupt> of(
      HostDevice device, DeviceDescription description) {
    ImmutableMap.Builder<Interrupt, VfioInterrupt> found = ImmutableMap.builder();
    VfioDevice vfio = device.vfio();
    if (description.isPlatform()) {
      for (int index = 0; index < description.triggers().size(); index++) {
        found.put(new Interrupt(device.name(), "IRQ", index), vfio.interrupt(index, 0));
      }
    } else {
      addAll(found, vfio, IrqIndex.INTX, "INTX", description.intx());
      addAll(found, vfio, IrqIndex.MSI, "MSI", description.msi());
      addAll(found, vfio, IrqIndex.MSIX, "MSIX", description.msix());
    }
    return found.buildOrThrow();
  }

  private static void addAll(
      ImmutableMap.Builder<Interrupt, VfioInterrupt> found,
      VfioDevice device,
      int index,
      String name,
      int count) {
    for (int vector = 0; vector < count; vector++) {
      found.put(new Interrupt(device.name(), name, vector), device.interrupt(index, vector));
    }
  }
}
