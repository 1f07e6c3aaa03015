package org.irqbypass.faults;

import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;

/** What is thrown at a fault point. */
enum Fault {
  /** A refusal, as a callback or a platform is meant to throw it. */
  ERRNO,
  /** A defect of a callback. */
  UNCHECKED,
  /** Memory has run out. */
  ERROR;

  /** Marks what was planted, so that it is not taken for a defect of the library. */
  static final String MARK = "planted at ";

  /** Throws what this is called. */
  void raise(String point) {
    switch (this) {
      case ERRNO -> throw new ErrnoException(Errno.EIO, MARK + point);
      case UNCHECKED -> throw new PlantedException(MARK + point);
      case ERROR -> throw new OutOfMemoryError(MARK + point);
    }
  }

  /** Whether something was thrown at a fault point, or because of it. */
  static boolean isPlanted(Throwable thrown) {
    for (Throwable t = thrown; t != null; t = t.getCause()) {
      if (t.getMessage() != null && t.getMessage().contains(MARK)) {
        return true;
      }
    }
    return false;
  }

  /** A defect that no code of the library knows. */
  static final class PlantedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    PlantedException(String message) {
      super(message);
    }
  }
}
