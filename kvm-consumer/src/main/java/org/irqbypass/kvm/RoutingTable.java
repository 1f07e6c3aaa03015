package org.irqbypass.kvm;

import com.google.common.collect.ImmutableList;
import java.util.Arrays;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.trace.FingerprintSink;
import org.jspecify.annotations.Nullable;

/**
 * A GSI routing table in force ({@code struct kvm_irq_routing_table}). Immutable: a table is
 * replaced as a whole, and readers see the old one or the new one.
 */
public final class RoutingTable {
  /** A table without entries. */
  public static final RoutingTable EMPTY = new RoutingTable(new Route[0][], new int[0][], 0);

  private static final Route[] NONE = {};

  /** By gsi; the order within is the order in which userspace gave them. */
  private final Route[] @Nullable [] byGsi;

  /** By controller and pin; -1: not routed. */
  private final int[][] gsiOfPin;

  private final int size;

  private RoutingTable(Route[] @Nullable [] byGsi, int[][] gsiOfPin, int size) {
    this.byGsi = byGsi;
    this.gsiOfPin = gsiOfPin;
    this.size = size;
  }

  /** A table in the making. It shares with the one before it what is the same. */
  static final class Builder {
    private final RoutingTable before;
    private final Route[] @Nullable [] byGsi;
    private int[][] gsiOfPin = {};
    private int size;

    /**
     * Begins with no entry.
     *
     * @param gsis one above the highest gsi that will be added
     */
    Builder(RoutingTable before, int gsis) {
      this.before = before;
      this.byGsi = new Route[gsis][];
    }

    /** Adds a route; refuses one whose gsi is routed already, but for pins of two controllers. */
    void add(Route route) {
      int gsi = route.entry().gsi();
      Route[] others = byGsi[gsi];
      if (others == null) {
        Route[] same = before.at(gsi);
        byGsi[gsi] = same.length == 1 && same[0] == route ? same : new Route[] {route};
      } else {
        refuseConflict(others, route.entry());
        Route[] all = Arrays.copyOf(others, others.length + 1);
        all[others.length] = route;
        byGsi[gsi] = all;
      }
      if (route.entry() instanceof RoutingEntry.Irqchip pin) {
        mapPin(pin.irqchip(), pin.pin(), gsi);
      }
      size++;
    }

    private static void refuseConflict(Route[] others, RoutingEntry entry) {
      for (Route other : others) {
        boolean pins =
            entry instanceof RoutingEntry.Irqchip one
                && other.entry() instanceof RoutingEntry.Irqchip two
                && one.irqchip() != two.irqchip();
        if (!pins) {
          throw new ErrnoException(
              Errno.EINVAL, "route " + entry + " is refused: its gsi is routed already");
        }
      }
    }

    private void mapPin(int irqchip, int pin, int gsi) {
      if (irqchip >= gsiOfPin.length) {
        int chips = gsiOfPin.length;
        gsiOfPin = Arrays.copyOf(gsiOfPin, irqchip + 1);
        Arrays.fill(gsiOfPin, chips, gsiOfPin.length, new int[0]);
      }
      int[] pins = gsiOfPin[irqchip];
      if (pin >= pins.length) {
        int length = pins.length;
        pins = Arrays.copyOf(pins, Math.max(pin + 1, 2 * length));
        Arrays.fill(pins, length, pins.length, -1);
        gsiOfPin[irqchip] = pins;
      }
      pins[pin] = gsi;
    }

    /** The table; nothing may be added any more. */
    RoutingTable build() {
      return new RoutingTable(byGsi, gsiOfPin, size);
    }
  }

  /** The routes of a gsi, not to be changed; empty if there are none. */
  Route[] at(int gsi) {
    Route[] routes = gsi < 0 || gsi >= byGsi.length ? null : byGsi[gsi];
    return routes == null ? NONE : routes;
  }

  /** The route that was made of an equal entry; null if there is none. */
  @Nullable Route find(RoutingEntry entry) {
    for (Route route : at(entry.gsi())) {
      if (route.entry().equals(entry)) {
        return route;
      }
    }
    return null;
  }

  /** One above the highest gsi that is routed. */
  int gsis() {
    return byGsi.length;
  }

  /**
   * The routes of a guest interrupt ({@code kvm_irq_map_gsi()}).
   *
   * @param gsi any number, unsigned
   * @return in the order in which userspace gave them
   */
  public ImmutableList<Route> routes(int gsi) {
    return ImmutableList.copyOf(at(gsi));
  }

  /**
   * The route of a guest interrupt that has exactly one.
   *
   * @param gsi any number, unsigned
   * @return null if it has none, or several
   */
  public @Nullable Route onlyRoute(int gsi) {
    Route[] routes = at(gsi);
    return routes.length == 1 ? routes[0] : null;
  }

  /**
   * The guest interrupt that a pin belongs to ({@code kvm_irq_map_chip_pin()}).
   *
   * @param irqchip which controller
   * @param pin which pin
   * @return the gsi; -1 if the pin is not routed
   */
  public int gsiOf(int irqchip, int pin) {
    if (irqchip < 0 || irqchip >= gsiOfPin.length) {
      return -1;
    }
    int[] pins = gsiOfPin[irqchip];
    return pin < 0 || pin >= pins.length ? -1 : pins[pin];
  }

  /**
   * How many entries there are.
   *
   * @return 0 or more
   */
  public int size() {
    return size;
  }

  void writeTo(FingerprintSink sink) {
    sink.put(size);
    for (Route[] routes : byGsi) {
      for (Route route : routes == null ? NONE : routes) {
        write(route.entry(), sink);
      }
    }
  }

  static void write(RoutingEntry entry, FingerprintSink sink) {
    sink.put(entry.gsi()).put(entry.type()).put(entry.flags());
    if (entry instanceof RoutingEntry.Irqchip pin) {
      sink.put(pin.irqchip()).put(pin.pin());
    } else if (entry instanceof RoutingEntry.Message message) {
      Msi msi = message.message();
      sink.put(msi.address()).put(msi.data()).put(msi.devid());
    }
  }
}
