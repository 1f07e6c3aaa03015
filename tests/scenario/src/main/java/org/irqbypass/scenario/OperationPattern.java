package org.irqbypass.scenario;

import com.google.common.collect.ImmutableSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The one-line form of an operation as a regular expression, in what Java and ECMAScript have in
 * common. It knows names, arguments and what an argument may look like; not that numbers end at 64
 * bits, and not what stands between quotes.
 */
final class OperationPattern {
  /** A name of the scenario's choice. */
  static final String NAME = "[A-Za-z][A-Za-z0-9_.:-]{0,63}";

  private static final String BLANK = "[ \\t\\r\\n]";
  private static final String WORD_ENDS = "(?=" + BLANK + "|$)";
  private static final String QUOTED = "\"(?:[^\"\\\\]|\\\\[\\s\\S])*\"";
  private static final String ANYTHING = "(?:[^ \\t\\r\\n\"][^ \\t\\r\\n]*)?";
  private static final String NUMBER = "-?(?:0[xX][0-9a-fA-F]{1,20}|[0-9]{1,20})";
  private static final String DESCRIPTOR = either(NAME, NUMBER);
  private static final String ROUTE =
      either(
          "msi(?::" + NUMBER + "){3,6}",
          "(?:irqchip|hv_sint)(?::" + NUMBER + "){3,4}",
          NUMBER + "(?::" + NUMBER + "){1,2}");

  private OperationPattern() {}

  /** What matches every line that begins with one of these names. */
  static String beginningWithOneOf(ImmutableSet<String> names) {
    String[] literals = names.stream().map(OperationPattern::literal).toArray(String[]::new);
    return "^" + BLANK + "*" + either(literals) + WORD_ENDS;
  }

  /** What matches every line that the vocabulary accepts as this operation. */
  static String of(OperationSchema schema) {
    StringBuilder pattern = new StringBuilder("^" + BLANK + "*");
    for (ArgumentSchema argument : schema.arguments().values()) {
      if (argument.required()) {
        pattern.append("(?=[\\s\\S]*[ \\t\\r\\n\"]").append(argument.name()).append("=)");
      }
    }
    pattern.append(literal(schema.name())).append(WORD_ENDS);
    if (!schema.arguments().isEmpty()) {
      pattern
          .append("(?:")
          .append(BLANK)
          .append("*(?:")
          .append(
              schema.arguments().values().stream()
                  .map(OperationPattern::argument)
                  .collect(Collectors.joining("|")))
          .append("))*");
    }
    return pattern.append(BLANK).append("*$").toString();
  }

  private static String argument(ArgumentSchema argument) {
    return argument.name() + "=(?:" + plain(argument) + WORD_ENDS + "|" + QUOTED + ")";
  }

  private static String plain(ArgumentSchema argument) {
    return switch (argument.kind()) {
      case INTEGER -> NUMBER;
      case NAME, DEVICE -> NAME;
      case DESCRIPTOR -> DESCRIPTOR;
      case DESCRIPTORS -> list(",", DESCRIPTOR);
      case INTEGERS -> list(",", NUMBER);
      case INDEX -> either(String.join("|", IrqIndexName.NAMES), NUMBER);
      case WORD -> word(argument);
      case FLAGS -> word(argument) + "(?:\\|" + word(argument) + ")*";
      case ROUTES -> list(";", ROUTE);
      case LETTERS, TEXT -> ANYTHING;
    };
  }

  private static String word(ArgumentSchema argument) {
    String words =
        argument.words().stream().map(OperationPattern::literal).collect(Collectors.joining("|"));
    return either(words, NUMBER);
  }

  /** A list in which a piece may be empty, since readers pass over that. */
  private static String list(String separator, String piece) {
    return "(?:" + piece + ")?(?:" + separator + "(?:" + piece + ")?)*";
  }

  private static String either(String... alternatives) {
    return "(?:" + String.join("|", alternatives) + ")";
  }

  private static String literal(String text) {
    return Pattern.compile("[.|]").matcher(text).replaceAll("\\\\$0");
  }
}
