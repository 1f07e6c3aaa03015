package org.irqbypass.soak;

import java.util.List;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
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

  /** The interrupts. */
  abstract List<Line> lines();

  /** What routes them, as it is now. */
  abstract List<RoutingEntry> routes();

  /** The guest is new: binds the interrupts to it, and tells which of its interrupts are which. */
  abstract void bind(Guest guest);

  /** Whether the device can be changed so. */
  abstract boolean knows(Change change);

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
