package org.irqbypass.registry;

import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;

/** A side's callback refuses to be connected, with the reason as a value. */
public class BypassRefusal extends ErrnoException {
  private static final long serialVersionUID = 1L;

  private final BypassReason reason;

  /**
   * Makes a refusal.
   *
   * @param errno what the callback returns in Linux
   * @param reason the cause
   * @param message the cause, with the offending values
   */
  public BypassRefusal(Errno errno, BypassReason reason, String message) {
    super(errno, message);
    this.reason = reason;
  }

  /**
   * The cause.
   *
   * @return what a status will show
   */
  public BypassReason reason() {
    return reason;
  }
}
