package org.irqbypass.scenario;

import java.util.LinkedHashMap;
import java.util.Map;

/** Reads and writes the one-line form of an operation. */
final class OperationText {
  private final String text;
  private final Position begin;
  private int at;

  OperationText(String text, Position begin) {
    this.text = text;
    this.begin = begin;
  }

  Operation parse() {
    skipBlanks();
    Position position = here();
    String name = word(false);
    if (name.isEmpty()) {
      throw new InputException(position, "an operation is missing, such as \"ef.new fd=e0\"");
    }
    Map<String, Argument> arguments = new LinkedHashMap<>();
    for (skipBlanks(); at < text.length(); skipBlanks()) {
      Argument argument = argument(name);
      if (arguments.put(argument.name(), argument) != null) {
        throw new InputException(
            argument.position(), argument.name() + " is given twice to " + name);
      }
    }
    return Vocabulary.check(name, arguments, position, true);
  }

  private Argument argument(String operation) {
    Position position = here();
    String name = word(true);
    if (at == text.length() || text.charAt(at) != '=') {
      throw new InputException(
          position,
          "expected name=value after "
              + InputException.quote(operation)
              + ", found "
              + InputException.quote(name));
    }
    at++;
    if (at < text.length() && text.charAt(at) == '"') {
      return new Argument(name, quoted(), position);
    }
    return new Argument(name, word(false), position);
  }

  private Position here() {
    return begin.right(at);
  }

  private void skipBlanks() {
    while (at < text.length() && isBlank(text.charAt(at))) {
      at++;
    }
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
  }

  private String word(boolean untilEquals) {
    int from = at;
    while (at < text.length()
        && !isBlank(text.charAt(at))
        && !(untilEquals && text.charAt(at) == '=')) {
      at++;
    }
    return text.substring(from, at);
  }

  private String quoted() {
    Position position = here();
    StringBuilder value = new StringBuilder();
    for (at++; at < text.length(); at++) {
      char c = text.charAt(at);
      if (c == '"') {
        at++;
        return value.toString();
      }
      if (c == '\\' && at + 1 < text.length()) {
        at++;
        c = text.charAt(at) == 'n' ? '\n' : text.charAt(at);
      }
      value.append(c);
    }
    throw new InputException(position, "a quote is opened and not closed");
  }

  /** Writes a value so that it is read again as it is. */
  static void write(String value, StringBuilder to) {
    boolean plain = !value.isEmpty();
    for (int i = 0; i < value.length() && plain; i++) {
      plain = !isBlank(value.charAt(i)) && value.charAt(i) != '"';
    }
    if (plain) {
      to.append(value);
      return;
    }
    to.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '\n') {
        to.append("\\n");
      } else {
        if (c == '"' || c == '\\') {
          to.append('\\');
        }
        to.append(c);
      }
    }
    to.append('"');
  }
}
