package org.irqbypass.registry;

import org.irqbypass.errno.Errno;
import org.jspecify.annotations.Nullable;

/**
 * Whether one side's interrupt is bypassed and, if not, why. A snapshot.
 *
 * @param state the side's place in the registry
 * @param reason why it is not bypassed, or {@link BypassReason#BYPASSED}
 * @param errno what the refusing side returned, where one refused
 */
public record BypassStatus(State state, BypassReason reason, @Nullable Errno errno) {
  /** A side's place in the registry. */
  public enum State {
    /** Not in the registry. */
    UNREGISTERED,
    /** Registered, not connected. */
    WAITING,
    /** Connected to a peer; the reason says whether the hardware bypasses. */
    CONNECTED
  }

  /**
   * Whether the interrupt is bypassed.
   *
   * @return true if the reason is {@link BypassReason#BYPASSED}
   */
  public boolean isBypassed() {
    return reason == BypassReason.BYPASSED;
  }

  @Override
  public String toString() {
    return state + " " + reason + (errno == null ? "" : " (" + errno + ")");
  }
}
