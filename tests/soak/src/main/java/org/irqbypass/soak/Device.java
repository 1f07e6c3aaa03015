package org.irqbypass.soak;

import java.util.List;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.IntStream;
import org.irqbypass.kvm.RoutingEntry;

/** A device behind VFIO, whose interrupts are bound to a guest's. */
abstract class Device {
  /**
   * Held for reading by who raises, settles and counts; for writing by a change during which the
   * device's interrupts are counted otherwise, or none may be in flight.
   */
  final ReadWriteLock traffic = new ReentrantReadWriteLock();

  /** What became of its interrupts. Guarded by {@link #traffic}. */
  final Account account = new Account();

  final Host host;
  private final boolean forwards;

  /**
   * Plugs nothing in yet.
   *
   * @param forwards whether userspace asks for its interrupts to be bypassed
   */
  Device(Host host, boolean forwards) {
    this.host = host;
    this.forwards = forwards;
  }

  /** The interrupts. */
  abstract List<Line> lines();

  /** What routes them, as it is now. */
  abstract List<RoutingEntry> routes();

  /** The guest is new: binds the interrupts to it, and tells which of its interrupts are which. */
  abstract void bind(Guest guest);

  /** Where {@link #bind} ends: what the interrupts signalled before is the old guest's. */
  final void bound(Guest guest, int groupFd, IntStream eventfds) {
    if (forwards) {
      guest.kvmVfio().addGroup(groupFd);
    }
    host.runDeferred();
    eventfds.forEach(host::drain);
  }

  /** Whether the device can be changed so. */
  boolean knows(Change change) {
    return switch (change) {
      case TRIGGER, MASK, IRQFD, ROUTE, RESET, REPLUG -> true;
      case FORWARD -> forwards;
      case VCPU, REGISTRY, VM -> false;
    };
  }

  /** Whether none of its interrupts may be in flight meanwhile. */
  abstract boolean isQuiet(Change change);

  /**
   * Changes it.
   *
   * @param line which interrupt, where the change is of one
   * @return how many configuration calls that took
   */
  abstract int apply(Change change, int line);
}
