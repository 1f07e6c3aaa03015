package org.irqbypass.registry;

import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;

/** Two sides met and could not be connected; the one that came last was not registered. */
public final class ConnectFailedException extends ErrnoException {
  private static final long serialVersionUID = 1L;

  private final ConnectPolicy policy;

  ConnectFailedException(Errno errno, ConnectPolicy policy, String message) {
    super(errno, message);
    this.policy = policy;
  }

  /**
   * The stricter policy of the two sides. Where it is {@link ConnectPolicy#REQUIRED}, the call that
   * registered must fail, whichever side asked for that.
   *
   * @return what governs the pairing
   */
  public ConnectPolicy policy() {
    return policy;
  }
}
