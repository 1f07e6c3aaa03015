package org.irqbypass.host;

/** What became of an interrupt at the moment its device raised it. */
public enum Raise {
  /** The hardware posted it; the host's handler did not run. */
  POSTED,
  /** The host's handler ran. */
  HANDLED,
  /** It waits: the interrupt is disabled, or an earlier one is active. */
  PENDING,
  /** It merged with one that is waiting already. */
  MERGED,
  /**
   * Nobody had requested it. A message is gone; a level fires later if its line stays high, and a
   * wired edge stays latched in the interrupt controller.
   */
  UNTRIGGERED
}
