package org.irqbypass.soak;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.irqbypass.host.Raise;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.legacy.KvmVfioDevIrq;
import org.irqbypass.vfio.IrqIndex;
import org.irqbypass.vfio.IrqSet;
import org.irqbypass.vfio.pci.PciFunction;
import org.irqbypass.vfio.pci.VfioPciDevice;

/** A PCI function with MSI-X, each vector with two eventfds that take turns as its trigger. */
final class MessageDevice extends Device {
  /** How a guest routes a device's messages. */
  interface Routes {
    /** The route of a vector: one of two. */
    RoutingEntry route(int gsi, int line, boolean second);

    /** Tells a guest's device table, and which interrupts mean the line. */
    void means(Guest guest, int number, Line line);

    /** The guest moves an interrupt; false if it does so by its route. */
    boolean moves(Guest guest, int line, boolean second);
  }

  private final PciFunction function;
  private final VfioPciDevice vfioDevice;
  private final int groupFd;
  private final int firstGsi;
  private final Routes routes;
  private final boolean losesWhenTakenBack;
  private final List<Line> lines = new ArrayList<>();
  private final int[][] eventfds;
  private final int[] active;
  private final boolean[] second;
  private boolean forwarded;
  private int deviceFd;
  private Guest guest;

  /**
   * Plugs it in.
   *
   * @param losesWhenTakenBack whether hardware drops what it has pending when a vector is no longer
   *     bypassed, so that none may be in flight then
   */
  MessageDevice(
      Host host,
      Guest guest,
      String name,
      int vectors,
      int firstGsi,
      Routes routes,
      boolean automatic,
      boolean losesWhenTakenBack) {
    super(host, !automatic);
    this.guest = guest;
    this.firstGsi = firstGsi;
    this.routes = routes;
    this.losesWhenTakenBack = losesWhenTakenBack;
    function = PciFunction.builder(host.interrupts, name).msix(vectors).build();
    vfioDevice = new VfioPciDevice(host.vfio, name, function);
    groupFd = host.openGroup(vfioDevice);
    eventfds = new int[vectors][];
    active = new int[vectors];
    second = new boolean[vectors];
    for (int vector = 0; vector < vectors; vector++) {
      eventfds[vector] = new int[] {host.eventfd(), host.eventfd()};
      lines.add(new Vector(vector));
    }
    plugIn();
  }

  private final class Vector extends Line {
    private final int number;

    Vector(int number) {
      super(account, false, false);
      this.number = number;
    }

    @Override
    protected Raise assertLine() {
      return function.raiseMsix(number);
    }

    @Override
    protected void lower() {}
  }

  private void plugIn() {
    deviceFd = host.vfio.group(groupFd).deviceFd(vfioDevice.name());
    vfioDevice.writeConfig(4, 2, PciFunction.COMMAND_MEMORY | PciFunction.COMMAND_MASTER);
    int[] triggers = new int[lines.size()];
    for (int vector = 0; vector < triggers.length; vector++) {
      triggers[vector] = eventfd(vector);
    }
    setIrqs(IrqSet.trigger(IrqIndex.MSIX, 0, triggers));
  }

  private int eventfd(int vector) {
    return eventfds[vector][active[vector]];
  }

  private int gsi(int vector) {
    return firstGsi + vector;
  }

  private void setIrqs(IrqSet set) {
    var unused = vfioDevice.setIrqs(set);
  }

  @Override
  List<Line> lines() {
    return lines;
  }

  @Override
  List<RoutingEntry> routes() {
    List<RoutingEntry> entries = new ArrayList<>();
    for (int vector = 0; vector < lines.size(); vector++) {
      entries.add(routes.route(gsi(vector), vector, second[vector]));
    }
    return entries;
  }

  @Override
  void bind(Guest newGuest) {
    guest = newGuest;
    for (int vector = 0; vector < lines.size(); vector++) {
      routes.means(guest, vector, lines.get(vector));
      for (int eventfd : eventfds[vector]) {
        guest.vm.irqfd(IrqfdRequest.assign(eventfd, gsi(vector)));
      }
    }
    forwarded = false;
    bound(guest, groupFd, Arrays.stream(eventfds).flatMapToInt(Arrays::stream));
  }

  @Override
  boolean isQuiet(Change change) {
    return losesWhenTakenBack || change == Change.RESET || change == Change.REPLUG;
  }

  @Override
  int apply(Change change, int line) {
    return switch (change) {
      case TRIGGER -> {
        active[line] ^= 1;
        setIrqs(IrqSet.trigger(IrqIndex.MSIX, line, eventfd(line)));
        yield 1;
      }
      case MASK -> {
        setIrqs(IrqSet.trigger(IrqIndex.MSIX, line, -1));
        setIrqs(IrqSet.trigger(IrqIndex.MSIX, line, eventfd(line)));
        yield 2;
      }
      case IRQFD -> {
        guest.vm.irqfd(IrqfdRequest.deassign(eventfd(line), gsi(line)));
        guest.vm.irqfd(IrqfdRequest.assign(eventfd(line), gsi(line)));
        host.drain(eventfd(line));
        yield 2;
      }
      case ROUTE -> {
        second[line] = !second[line];
        yield routes.moves(guest, line, second[line]) ? 1 : 0;
      }
      case FORWARD -> forward();
      case RESET -> reset();
      case REPLUG -> replug();
      case VCPU, REGISTRY, VM -> 0;
    };
  }

  /** All vectors in one call, as the range allows. */
  private int forward() {
    if (forwarded) {
      guest.kvmVfio().unforward(KvmVfioDevIrq.range(deviceFd, IrqIndex.MSIX, 0, lines.size()));
    } else {
      int[] gsis = IntStream.range(0, lines.size()).map(this::gsi).toArray();
      guest.kvmVfio().forward(KvmVfioDevIrq.of(deviceFd, IrqIndex.MSIX, 0, gsis));
    }
    forwarded = !forwarded;
    return 1;
  }

  /** What waits in the pending bits is gone: that one is masked to the end. */
  private int reset() {
    for (int vector = 0; vector < lines.size(); vector++) {
      setIrqs(IrqSet.trigger(IrqIndex.MSIX, vector, -1));
      Line line = lines.get(vector);
      line.raise();
      line.raise();
      if (function.isMsixPending(vector)) {
        line.forget();
      }
    }
    vfioDevice.reset();
    for (int vector = 0; vector < lines.size(); vector++) {
      setIrqs(IrqSet.trigger(IrqIndex.MSIX, vector, eventfd(vector)));
    }
    return 2 * lines.size() + 1;
  }

  /** An interrupt that comes meanwhile is gone. */
  private int replug() {
    host.kernel.descriptors().close(deviceFd);
    lines.forEach(Line::raise);
    plugIn();
    forwarded = false;
    return 4;
  }
}
