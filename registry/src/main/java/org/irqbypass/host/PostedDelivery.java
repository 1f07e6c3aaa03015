package org.irqbypass.host;

/**
 * The hardware entry that delivers a host interrupt past the host's handler. Safe from any number
 * of threads; neither blocks nor allocates.
 */
@FunctionalInterface
public interface PostedDelivery {
  /** The device raised the interrupt: deliver it. */
  void deliver();

  /**
   * The interrupt was freed though nobody took this entry back: it delivers no more, and what the
   * hardware keeps pending for it is lost.
   */
  default void discard() {}
}
