package org.irqbypass.scenario;

/** What an operation's argument may be. All of them are written as one word, or between quotes. */
public enum ArgumentKind {
  /** A 64-bit number, decimal or after 0x, signed or unsigned. */
  INTEGER("an integer (decimal or 0x...)"),
  /** A name given by the scenario, such as {@code v0}. */
  NAME("a name (letters, digits, and - _ . : after the first)"),
  /** A device that the scenario or the recording describes. */
  DEVICE("the name of a device"),
  /** {@code e0}, a number, {@code null}, {@code closed}, {@code dev:nic}, {@code vm:v0}... */
  DESCRIPTOR("a descriptor (e0, -1, null, closed, grp:DEV, dev:DEV, vm:V, kv:K)"),
  /** Descriptors with commas between them; may be empty. */
  DESCRIPTORS("descriptors with commas between them"),
  /** Integers with commas between them; may be empty. */
  INTEGERS("integers with commas between them"),
  /** {@code INTX}, {@code MSI}, {@code MSIX}, {@code ERR}, {@code REQ}, or a number. */
  INDEX("INTX, MSI, MSIX, ERR, REQ or an integer"),
  /** One of the argument's words, or a number. */
  WORD("a word"),
  /** Some of the argument's words and numbers with | between them. */
  FLAGS("flags with | between them"),
  /** Letters that the argument explains. */
  LETTERS("letters"),
  /** Routing entries with ; between them. */
  ROUTES("routing entries with ; between them"),
  /** Anything. */
  TEXT("text");

  private final String expected;

  ArgumentKind(String expected) {
    this.expected = expected;
  }

  /**
   * What was expected, for a message.
   *
   * @return a noun phrase
   */
  public String expected() {
    return expected;
  }
}
