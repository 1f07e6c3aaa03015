package org.irqbypass.scenario;

import com.google.common.base.Preconditions;
import com.google.common.collect.ImmutableList;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.Raise;
import org.irqbypass.host.Trigger;
import org.irqbypass.scenario.device.E1000e;
import org.irqbypass.scenario.device.Edu;
import org.irqbypass.scenario.device.Pl031;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.irqbypass.vfio.IrqIndex;
import org.irqbypass.vfio.VfioDevice;
import org.irqbypass.vfio.VfioGroup;
import org.irqbypass.vfio.pci.PciFunction;
import org.irqbypass.vfio.pci.VfioPciDevice;
import org.irqbypass.vfio.platform.PlatformIrq;
import org.irqbypass.vfio.platform.VfioPlatformDevice;
import org.jspecify.annotations.Nullable;

/**
 * One device of a host: hardware of the described counts, passed through by VFIO in a group of its
 * own, and the models that know its registers, made when an operation asks for one.
 */
public final class HostDevice implements Fingerprinted {
  private final String name;
  private final DeviceDescription description;
  private final VfioDevice vfio;
  private final VfioGroup group;
  private final @Nullable PciFunction function;
  private final ImmutableList<HostIrq> wired;
  private @Nullable Edu edu;
  private @Nullable E1000e e1000e;
  private @Nullable Pl031 pl031;

  private HostDevice(
      String name,
      DeviceDescription description,
      VfioDevice vfio,
      VfioGroup group,
      @Nullable PciFunction function,
      ImmutableList<HostIrq> wired) {
    this.name = name;
    this.description = description;
    this.vfio = vfio;
    this.group = group.add(vfio);
    this.function = function;
    this.wired = wired;
  }

  static HostDevice make(
      String name, int number, DeviceDescription description, SimulatedHost host) {
    VfioGroup group = new VfioGroup(host.vfio(), number);
    return description.isPlatform()
        ? platform(name, group, description, host)
        : pci(name, group, description, host);
  }

  private static HostDevice pci(
      String name, VfioGroup group, DeviceDescription description, SimulatedHost host) {
    PciFunction.Builder builder =
        PciFunction.builder(host.interrupts(), name)
            .intx(description.intx() != 0)
            .msi(description.msi())
            .msix(description.msix())
            .pcie(description.err() > 0)
            .resettable(description.reset())
            .losesLevelAtEnable(host.options().losesLevelAtEnable());
    if (description.msiAllocatable() > 0) {
      builder.msiAllocatable(description.msiAllocatable());
    }
    PciFunction function = builder.build();
    return new HostDevice(
        name,
        description,
        new VfioPciDevice(host.vfio(), name, function),
        group,
        function,
        ImmutableList.of());
  }

  private static HostDevice platform(
      String name, VfioGroup group, DeviceDescription description, SimulatedHost host) {
    List<HostIrq> irqs = new ArrayList<>();
    for (Trigger trigger : description.triggers()) {
      irqs.add(host.interrupts().allocate("vfio-platform(" + name + ")", trigger));
    }
    HostDevice[] made = new HostDevice[1];
    VfioDevice device =
        new VfioPlatformDevice(
            host.vfio(),
            name,
            irqs.stream().map(PlatformIrq::new).toList(),
            description.amba(),
            description.reset() ? () -> made[0].resetModels() : null);
    made[0] = new HostDevice(name, description, device, group, null, ImmutableList.copyOf(irqs));
    return made[0];
  }

  private void resetModels() {
    if (pl031 != null) {
      pl031.reset();
    }
    wired.forEach(irq -> irq.setLine(false));
  }

  /**
   * The device's name.
   *
   * @return as it was described
   */
  public String name() {
    return name;
  }

  /**
   * What VFIO makes of it.
   *
   * @return the passed-through device
   */
  public VfioDevice vfio() {
    return vfio;
  }

  /**
   * Its group.
   *
   * @return the group, which has no other device
   */
  public VfioGroup group() {
    return group;
  }

  /**
   * The hardware of a PCI device.
   *
   * @return null for a platform device
   */
  public @Nullable PciFunction function() {
    return function;
  }

  /**
   * Whether the device can raise an interrupt.
   *
   * @param index one of {@link IrqIndex}; of a platform device, any of its own
   * @param vector which of the index's interrupts
   * @return true if it has this one
   */
  public boolean has(int index, int vector) {
    if (function == null) {
      return index >= 0 && index < wired.size() && vector == 0;
    }
    int count =
        switch (index) {
          case IrqIndex.INTX -> description.intx();
          case IrqIndex.MSI -> description.msi();
          case IrqIndex.MSIX -> description.msix();
          default -> 0;
        };
    return vector >= 0 && vector < count;
  }

  /**
   * The device raises an interrupt.
   *
   * @param index one of {@link IrqIndex}; of a platform device, any of its own
   * @param vector which of the index's interrupts
   * @param level of wired interrupts, the line's new level
   * @return what became of it
   * @throws IllegalArgumentException if the device has no such interrupt
   */
  @CanIgnoreReturnValue
  public Raise raise(int index, int vector, boolean level) {
    Preconditions.checkArgument(
        has(index, vector), "%s has no %s of index %s", name, vector, index);
    if (function == null) {
      return wired.get(index).setLine(level);
    }
    return switch (index) {
      case IrqIndex.INTX -> function.assertIntx(level);
      case IrqIndex.MSI -> function.raiseMsi(vector);
      default -> function.raiseMsix(vector);
    };
  }

  /** Which wired edges wait at the interrupt controller with nobody to take them. */
  BitSet latched() {
    BitSet latched = new BitSet();
    for (int i = 0; i < wired.size(); i++) {
      HostIrq irq = wired.get(i);
      latched.set(i, irq.trigger() == Trigger.EDGE && irq.isPending());
    }
    return latched;
  }

  /** Lets wired edges wait that arrived before the host's story began. */
  void latch(BitSet edges) {
    edges.stream().forEach(i -> wired.get(i).raise());
  }

  @Nullable Edu edu() {
    if (edu == null && function != null) {
      edu = new Edu(function);
    }
    return edu;
  }

  @Nullable E1000e e1000e() {
    if (e1000e == null && function != null) {
      e1000e = new E1000e(function, description.msix());
    }
    return e1000e;
  }

  @Nullable Pl031 pl031() {
    if (pl031 == null && !wired.isEmpty()) {
      pl031 = new Pl031(wired.get(0));
    }
    return pl031;
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    vfio.writeTo(sink);
    wired.forEach(irq -> irq.writeTo(sink));
    sink.putReference(edu).putReference(e1000e).putReference(pl031);
  }

  @Override
  public String toString() {
    return name;
  }
}
