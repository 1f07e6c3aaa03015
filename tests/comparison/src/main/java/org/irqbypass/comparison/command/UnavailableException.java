package org.irqbypass.comparison.command;

/** Something was understood that this version does not do. */
final class UnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  UnavailableException(String message) {
    super(message);
  }
}
