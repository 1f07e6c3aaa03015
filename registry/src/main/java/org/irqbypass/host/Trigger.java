package org.irqbypass.host;

/** How an interrupt asserts itself ({@code IRQ_TYPE_*}). */
public enum Trigger {
  /** Each assertion is one interrupt; MSIs are of this kind. */
  EDGE,
  /** Interrupts for as long as the line is high. */
  LEVEL
}
