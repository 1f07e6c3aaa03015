package org.irqbypass.soak;

import java.util.List;
import java.util.stream.IntStream;
import org.irqbypass.host.Raise;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.x86.IoApic;
import org.irqbypass.kvm.x86.Redirection;
import org.irqbypass.kvm.x86.X86Vm;
import org.irqbypass.vfio.IrqIndex;
import org.irqbypass.vfio.IrqSet;
import org.irqbypass.vfio.pci.PciFunction;
import org.irqbypass.vfio.pci.VfioPciDevice;

/**
 * A PCI function with INTx only: level, masked by its handler, unmasked when the guest ends it. It
 * is changed only while its line is low: a level that is looked at again interrupts again, in Linux
 * too, so that nobody could say how often it should.
 */
final class IntxDevice extends Device {
  private static final int PIN = 16;
  private static final int VECTOR = 0x2f;

  private final PciFunction function;
  private final VfioPciDevice vfioDevice;
  private final int groupFd;
  private final Line line;
  private final int eventfd;
  private final int resampled;
  private int deviceFd;
  private Guest guest;

  IntxDevice(Host host, Guest guest, String name) {
    super(host, false);
    this.guest = guest;
    function = PciFunction.builder(host.interrupts, name).build();
    vfioDevice = new VfioPciDevice(host.vfio, name, function);
    groupFd = host.openGroup(vfioDevice);
    eventfd = host.eventfd();
    resampled = host.eventfd();
    line =
        new Line(account, true, true) {
          @Override
          protected Raise assertLine() {
            return function.assertIntx(true);
          }

          @Override
          protected void lower() {
            var unused = function.assertIntx(false);
          }
        };
    plugIn();
  }

  private void plugIn() {
    deviceFd = host.vfio.group(groupFd).deviceFd(vfioDevice.name());
    setIrqs(IrqSet.trigger(IrqIndex.INTX, 0, eventfd));
    setIrqs(IrqSet.unmaskBy(IrqIndex.INTX, resampled));
  }

  private void setIrqs(IrqSet set) {
    var unused = vfioDevice.setIrqs(set);
  }

  @Override
  List<Line> lines() {
    return List.of(line);
  }

  @Override
  List<RoutingEntry> routes() {
    return List.of(RoutingEntry.irqchip(PIN, IoApic.IRQCHIP, PIN));
  }

  @Override
  void bind(Guest newGuest) {
    guest = newGuest;
    X86Vm.of(guest.vm).ioApic().writeRedirection(PIN, Redirection.entry(VECTOR, 0, true, false));
    guest.means(VECTOR, line);
    guest.vm.irqfd(IrqfdRequest.resample(eventfd, PIN, resampled));
    bound(guest, groupFd, IntStream.of(eventfd));
  }

  @Override
  boolean knows(Change change) {
    return change != Change.ROUTE && super.knows(change);
  }

  @Override
  boolean isQuiet(Change change) {
    return true;
  }

  @Override
  int apply(Change change, int unused) {
    return switch (change) {
      case TRIGGER -> {
        setIrqs(IrqSet.trigger(IrqIndex.INTX, 0, eventfd));
        yield 1;
      }
      case MASK -> {
        setIrqs(IrqSet.mask(IrqIndex.INTX));
        line.raise(); // waits
        setIrqs(IrqSet.unmask(IrqIndex.INTX));
        yield 2;
      }
      case IRQFD -> {
        guest.vm.irqfd(IrqfdRequest.deassign(eventfd, PIN));
        guest.vm.irqfd(IrqfdRequest.resample(eventfd, PIN, resampled));
        yield 2;
      }
      case RESET -> {
        vfioDevice.reset();
        yield 1;
      }
      case REPLUG -> {
        host.kernel.descriptors().close(deviceFd);
        plugIn();
        yield 4;
      }
      case ROUTE, VCPU, REGISTRY, FORWARD, VM -> 0;
    };
  }
}
