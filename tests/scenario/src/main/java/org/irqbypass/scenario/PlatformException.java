package org.irqbypass.scenario;

/** A host platform that does not exist, or not yet. */
public final class PlatformException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean planned;

  PlatformException(boolean planned, String message) {
    super(message);
    this.planned = planned;
  }

  /**
   * Whether the platform will exist.
   *
   * @return false if nobody has heard of it
   */
  public boolean isPlanned() {
    return planned;
  }
}
