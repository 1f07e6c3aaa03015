package org.irqbypass.registry;

/**
 * The callbacks of a side, as members of {@code struct irq_bypass_producer} and {@code _consumer}.
 */
public enum Callback {
  /** The peer has come: {@code add_consumer} of a producer, {@code add_producer} of a consumer. */
  ADD,
  /** The peer goes: {@code del_consumer} of a producer, {@code del_producer} of a consumer. */
  DELETE,
  /** Interrupts must stop while the pairing changes. */
  STOP,
  /** The pairing has changed; interrupts may flow. */
  START
}
