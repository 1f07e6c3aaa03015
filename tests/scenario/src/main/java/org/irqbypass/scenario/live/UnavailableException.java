package org.irqbypass.scenario.live;

/** No running kernel can be reached. The message says why, in one clause. */
public final class UnavailableException extends Exception {
  private static final long serialVersionUID = 1L;

  /**
   * Makes a refusal.
   *
   * @param why in one clause, such as {@code /dev/kvm cannot be opened (ENOENT)}
   */
  public UnavailableException(String why) {
    super(why);
  }
}
