package org.irqbypass.registry;

/**
 * What happens when two sides meet and cannot be connected. Of two that meet, the stricter governs.
 */
public enum ConnectPolicy {
  /** Not registered at all: the opt-out that Linux lacks. */
  DISABLED,
  /**
   * As Linux: the failure is returned, that side stays unregistered, its owner logs and goes on.
   */
  OPPORTUNISTIC,
  /**
   * A connect refused with {@code EAGAIN} leaves both sides registered, and is attempted again when
   * the interrupt goes idle or is unmasked.
   */
  RETRY,
  /**
   * As {@link #OPPORTUNISTIC}, and the owner's own call fails too, whichever side's it is. A
   * positive number with which a callback refuses counts as {@code EIO}.
   */
  REQUIRED;

  /**
   * The policy that governs a pairing.
   *
   * @param other the peer's policy
   * @return the stricter of the two
   */
  public ConnectPolicy stricter(ConnectPolicy other) {
    return compareTo(other) >= 0 ? this : other;
  }
}
