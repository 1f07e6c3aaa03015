package org.irqbypass.soak;

import java.util.Locale;

/** A kind of configuration call. */
enum Change {
  /** SET_IRQS gives an interrupt another trigger, or its trigger anew. */
  TRIGGER,
  /** SET_IRQS masks an interrupt and unmasks it. */
  MASK,
  /** An irqfd is unbound and bound again. */
  IRQFD,
  /** A guest interrupt is routed elsewhere. */
  ROUTE,
  /** A vCPU is preempted, blocks, or moves to another physical CPU. */
  VCPU,
  /** A producer and a consumer of somebody else's meet in the registry and part. */
  REGISTRY,
  /** FORWARD and UNFORWARD, by turns. */
  FORWARD,
  /** The device is reset with interrupts waiting behind its masks. */
  RESET,
  /** The device is unplugged while it interrupts, and plugged in again. */
  REPLUG,
  /** The VM is closed while devices interrupt, and another is made. */
  VM;

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
