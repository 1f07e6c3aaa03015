package org.irqbypass.scenario;

/**
 * A place in an input, for people to find.
 *
 * @param source the file, or what the text came from
 * @param line counted from 1; 0 where a line means nothing
 * @param column counted from 1; 0 where a column means nothing
 */
public record Position(String source, int line, int column) {
  /** Of operations that a program made. */
  public static final Position NONE = new Position("program", 0, 0);

  /**
   * A place further to the right on the same line.
   *
   * @param characters how far
   * @return the new place
   */
  public Position right(int characters) {
    return column == 0 ? this : new Position(source, line, column + characters);
  }

  @Override
  public String toString() {
    return line == 0
        ? source
        : column == 0 ? source + ":" + line : source + ":" + line + ":" + column;
  }
}
