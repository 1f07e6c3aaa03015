package org.irqbypass.faults;

import com.google.common.collect.ImmutableSet;
import java.util.EnumSet;
import java.util.Set;

/**
 * One place that was reached while an operation ran.
 *
 * @param kind what would fail there
 * @param name which, for a person to read
 */
record FaultPoint(Kind kind, String name) {
  /** What can fail. */
  enum Kind {
    /** A callback of a producer or a consumer. */
    CALLBACK(EnumSet.allOf(Fault.class)),
    /** A step of the pairing. */
    PAIRING(EnumSet.allOf(Fault.class)),
    /** An operation of the host's platform. */
    PLATFORM(EnumSet.allOf(Fault.class)),
    /** A resource of the host: a descriptor, an interrupt, a handler, an eventfd. */
    RESOURCE(EnumSet.allOf(Fault.class)),
    /** An object of the library. */
    MEMORY(EnumSet.of(Fault.ERROR)),
    /** The work queue refuses. */
    WORK(EnumSet.of(Fault.UNCHECKED, Fault.ERROR)),
    /** A wait that cannot end, or work that goes on without end. */
    WAIT(EnumSet.of(Fault.ERRNO, Fault.UNCHECKED)),
    /** A trace listener. */
    LISTENER(EnumSet.of(Fault.UNCHECKED, Fault.ERROR));

    private final ImmutableSet<Fault> faults;

    Kind(Set<Fault> faults) {
      this.faults = ImmutableSet.copyOf(faults);
    }

    /** What may be thrown there. */
    ImmutableSet<Fault> faults() {
      return faults;
    }
  }

  @Override
  public String toString() {
    return kind + " " + name;
  }
}
