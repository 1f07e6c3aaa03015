package org.irqbypass.conformance.selftests;

/** Which of the two designs brings a bypass about. */
enum Contender {
  /** VFIO and KVM register by themselves, and the registry pairs them. */
  AUTOMATIC,

  /** Nothing registers by itself: userspace asks, and asks again at each change of a route. */
  EXPLICIT
}
