package org.irqbypass.vfio;

import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;

/** VFIO's own producer could not be connected, and one of the two sides requires that it is. */
public final class RequiredConnectException extends ErrnoException {
  private static final long serialVersionUID = 1L;

  RequiredConnectException(Errno errno, ErrnoException cause) {
    super(errno, "a required connect failed: " + cause.getMessage());
    initCause(cause);
  }
}
