package org.irqbypass.scenario;

/** A host platform that does not exist. */
public final class PlatformException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  PlatformException(String message) {
    super(message);
  }
}
