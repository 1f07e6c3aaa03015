package org.irqbypass.comparison.narrative;

import java.util.function.Function;

/** Writes messages as a sequence diagram in PlantUML's language. Used once. */
public final class PlantUmlText {
  private final StringBuilder text = new StringBuilder("@startuml\n");
  private final Function<Message.Kind, String> colours;

  /**
   * Begins a diagram with its lanes.
   *
   * @param head what PlantUML is told before: its style, a title
   * @param colours the colour of each kind of arrow, such as {@code #102030}
   */
  public PlantUmlText(String head, Function<Message.Kind, String> colours) {
    this.colours = colours;
    text.append(head);
    for (Lane lane : Lane.values()) {
      if (lane != Lane.DEVICE) {
        text.append("participant \"")
            .append(escaped(lane.title()))
            .append("\" as ")
            .append(lane)
            .append('\n');
      }
    }
  }

  /**
   * Adds an arrow.
   *
   * @param message the arrow
   */
  public void add(Message message) {
    String colour = colours.apply(message.kind());
    text.append(message.from() == Lane.DEVICE ? "[" : message.from() + " ")
        .append("-[")
        .append(colour)
        .append("]> ")
        .append(message.to())
        .append(" : <color:")
        .append(colour)
        .append('>')
        .append(escaped(message.text()))
        .append('\n');
  }

  /**
   * Draws a line across.
   *
   * @param name what begins there
   */
  public void divide(String name) {
    text.append("== ").append(escaped(name)).append(" ==\n");
  }

  /**
   * Text in which nothing is mark-up: what could be is written as its code point.
   *
   * @param text any
   * @return the same for PlantUML
   */
  public static String escaped(String text) {
    StringBuilder plain = new StringBuilder(text.length() + 16);
    int before = ' ';
    for (int c : text.codePoints().toArray()) {
      boolean letter = c < 128 && Character.isLetterOrDigit(c);
      // A dash or an underscore alone is none of the pairs that are mark-up.
      boolean alone = (c == '-' || c == '_') && c != before;
      if (letter || alone || " .,:".indexOf(c) >= 0) {
        plain.appendCodePoint(c);
      } else {
        plain.append(String.format("<U+%04X>", c));
      }
      before = c;
    }
    return plain.toString();
  }

  /** The diagram, complete. */
  @Override
  public String toString() {
    return text + "@enduml\n";
  }
}
