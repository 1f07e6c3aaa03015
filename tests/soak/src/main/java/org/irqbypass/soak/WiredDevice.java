package org.irqbypass.soak;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.Raise;
import org.irqbypass.host.Trigger;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.arm64.Arm64Vm;
import org.irqbypass.kvm.arm64.Vgic;
import org.irqbypass.legacy.KvmVfioDevIrq;
import org.irqbypass.vfio.IrqSet;
import org.irqbypass.vfio.platform.PlatformIrq;
import org.irqbypass.vfio.platform.VfioPlatformDevice;

/**
 * A platform device with wires, all edge or all level. A level is changed only while its line is
 * low, as INTx is; an edge at any time.
 */
final class WiredDevice extends Device {
  private final Trigger trigger;
  private final int firstGsi;
  private final VfioPlatformDevice vfioDevice;
  private final int groupFd;
  private final List<Line> lines = new ArrayList<>();
  private final int[] eventfds;
  private final int[] resampled;
  private final boolean[] forwarded;
  private final int[] vcpu;
  private int deviceFd;
  private Guest guest;

  WiredDevice(
      Host host,
      Guest guest,
      String name,
      Trigger trigger,
      int wires,
      int firstGsi,
      boolean automatic) {
    super(host, !automatic);
    this.guest = guest;
    this.trigger = trigger;
    this.firstGsi = firstGsi;
    eventfds = new int[wires];
    resampled = new int[wires];
    forwarded = new boolean[wires];
    vcpu = new int[wires];
    List<PlatformIrq> irqs = new ArrayList<>();
    for (int wire = 0; wire < wires; wire++) {
      HostIrq irq = host.interrupts.allocate(name + wire, trigger);
      irqs.add(new PlatformIrq(irq));
      lines.add(new Wire(account, irq));
      eventfds[wire] = host.eventfd();
      resampled[wire] = host.eventfd();
    }
    vfioDevice =
        new VfioPlatformDevice(host.vfio, name, irqs, false, () -> lines.forEach(Line::lower));
    groupFd = host.openGroup(vfioDevice);
    plugIn();
  }

  private static final class Wire extends Line {
    private final HostIrq irq;

    Wire(Account account, HostIrq irq) {
      super(account, irq.trigger() == Trigger.LEVEL, true);
      this.irq = irq;
    }

    @Override
    protected Raise assertLine() {
      return isLevel() ? irq.setLine(true) : irq.raise();
    }

    @Override
    protected void lower() {
      if (isLevel()) {
        var unused = irq.setLine(false);
      }
    }

    @Override
    protected boolean isBypassed() {
      return irq.isForwarded();
    }
  }

  private void plugIn() {
    deviceFd = host.vfio.group(groupFd).deviceFd(vfioDevice.name());
    for (int wire = 0; wire < eventfds.length; wire++) {
      setIrqs(IrqSet.trigger(wire, 0, eventfds[wire]));
      if (trigger == Trigger.LEVEL) {
        setIrqs(IrqSet.unmaskBy(wire, resampled[wire]));
      }
    }
  }

  private void setIrqs(IrqSet set) {
    var unused = vfioDevice.setIrqs(set);
  }

  private int gsi(int wire) {
    return firstGsi + wire;
  }

  private int intid(int wire) {
    return Vgic.PRIVATE_IRQS + gsi(wire);
  }

  @Override
  List<Line> lines() {
    return lines;
  }

  @Override
  List<RoutingEntry> routes() {
    List<RoutingEntry> entries = new ArrayList<>();
    for (int wire = 0; wire < lines.size(); wire++) {
      entries.add(RoutingEntry.irqchip(gsi(wire), 0, gsi(wire)));
    }
    return entries;
  }

  @Override
  void bind(Guest newGuest) {
    guest = newGuest;
    Vgic vgic = Arm64Vm.of(guest.vm).vgic();
    for (int wire = 0; wire < lines.size(); wire++) {
      vgic.configureSpi(intid(wire), trigger, true);
      vgic.setTarget(intid(wire), vcpu[wire]);
      guest.means(intid(wire), lines.get(wire));
      assign(wire);
      forwarded[wire] = false;
    }
    bound(guest, groupFd, Arrays.stream(eventfds));
  }

  private void assign(int wire) {
    guest.vm.irqfd(
        trigger == Trigger.LEVEL
            ? IrqfdRequest.resample(eventfds[wire], gsi(wire), resampled[wire])
            : IrqfdRequest.assign(eventfds[wire], gsi(wire)));
  }

  @Override
  boolean isQuiet(Change change) {
    return trigger == Trigger.LEVEL;
  }

  @Override
  int apply(Change change, int wire) {
    return switch (change) {
      case TRIGGER -> {
        setIrqs(IrqSet.trigger(wire, 0, eventfds[wire]));
        yield 1;
      }
      case MASK -> {
        mask(wire);
        yield 2;
      }
      case IRQFD -> {
        guest.vm.irqfd(IrqfdRequest.deassign(eventfds[wire], gsi(wire)));
        assign(wire);
        host.drain(eventfds[wire]);
        yield 2;
      }
      case ROUTE -> {
        vcpu[wire] ^= 1;
        Arm64Vm.of(guest.vm).vgic().setTarget(intid(wire), vcpu[wire]);
        yield 0;
      }
      case FORWARD -> forward();
      case RESET -> {
        vfioDevice.reset();
        yield 1;
      }
      case REPLUG -> {
        host.kernel.descriptors().close(deviceFd);
        plugIn();
        Arrays.fill(forwarded, false);
        yield 1 + eventfds.length;
      }
      case VCPU, REGISTRY, VM -> 0;
    };
  }

  /** An edge cannot be masked, but for having no trigger: it stays latched. */
  private void mask(int wire) {
    if (trigger == Trigger.EDGE) {
      setIrqs(IrqSet.trigger(wire, 0, -1));
      setIrqs(IrqSet.trigger(wire, 0, eventfds[wire]));
    } else {
      setIrqs(IrqSet.mask(wire));
      lines.get(wire).raise(); // waits
      setIrqs(IrqSet.unmask(wire));
    }
  }

  private int forward() {
    for (int wire = 0; wire < forwarded.length; wire++) {
      forward(wire);
    }
    return forwarded.length;
  }

  private void forward(int wire) {
    if (forwarded[wire]) {
      guest.kvmVfio().unforward(KvmVfioDevIrq.range(deviceFd, wire, 0, 1));
      forwarded[wire] = false;
      return;
    }
    try {
      guest.kvmVfio().forward(KvmVfioDevIrq.of(deviceFd, wire, 0, gsi(wire)));
      forwarded[wire] = true;
    } catch (ErrnoException inFlight) {
      if (inFlight.errno() != Errno.EAGAIN) {
        throw inFlight;
      } // userspace is told, and may ask again
    }
  }
}
