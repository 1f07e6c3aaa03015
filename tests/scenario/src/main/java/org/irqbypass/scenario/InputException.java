package org.irqbypass.scenario;

/**
 * What a person wrote cannot be used: a scenario, a recording or an operation. The message is one
 * sentence that begins with the place; no cause need be read with it.
 */
public final class InputException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Longest excerpt of an input that a message repeats, in characters. */
  private static final int EXCERPT = 60;

  private final transient Position position;

  /**
   * Makes a complaint.
   *
   * @param position where
   * @param problem what is wrong and what was expected, without the place
   */
  public InputException(Position position, String problem) {
    super(position + ": " + problem);
    this.position = position;
  }

  /**
   * Where the input is wrong.
   *
   * @return the place
   */
  public Position position() {
    return position;
  }

  /** Quotes a piece of input, short and without control characters. */
  static String quote(String text) {
    return "\""
        + oneLine(text)
        + (text.codePointCount(0, text.length()) > EXCERPT ? "...\"" : "\"");
  }

  /** A piece of input, short and without control characters. */
  static String oneLine(String text) {
    StringBuilder line = new StringBuilder();
    text.codePoints()
        .limit(EXCERPT)
        .forEach(c -> line.appendCodePoint(Character.isISOControl(c) ? '\uFFFD' : c));
    return line.toString();
  }
}
