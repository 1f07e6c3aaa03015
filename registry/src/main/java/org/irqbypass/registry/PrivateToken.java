package org.irqbypass.registry;

/**
 * A token that is nothing but a token: for two sides that were paired by name, not through an
 * eventfd.
 */
public final class PrivateToken extends BypassToken {
  private final String name;

  /**
   * Makes a token unlike any other.
   *
   * @param name for people to read
   */
  public PrivateToken(String name) {
    this.name = name;
  }

  @Override
  public String toString() {
    return name;
  }
}
