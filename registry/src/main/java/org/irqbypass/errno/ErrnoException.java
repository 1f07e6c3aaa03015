package org.irqbypass.errno;

/**
 * A call was refused as Linux refuses it: with an {@link Errno}. The message names the offending
 * values. Unless the call's documentation says otherwise, nothing has changed when this is thrown.
 */
public class ErrnoException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Errno errno;

  /**
   * Makes a refusal.
   *
   * @param errno what Linux returns, negated, from the modelled call
   * @param message the cause, with the offending values
   */
  public ErrnoException(Errno errno, String message) {
    super(errno + ": " + message);
    this.errno = errno;
  }

  /**
   * What Linux returns for this cause.
   *
   * @return the error number
   */
  public Errno errno() {
    return errno;
  }
}
