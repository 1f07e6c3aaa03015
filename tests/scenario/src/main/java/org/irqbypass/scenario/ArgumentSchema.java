package org.irqbypass.scenario;

import com.google.common.collect.ImmutableSet;

/**
 * One argument of an operation.
 *
 * @param name how it is written before the =
 * @param kind what it may be
 * @param required whether the operation cannot do without
 * @param words the words that {@link ArgumentKind#WORD} and {@link ArgumentKind#FLAGS} know
 */
public record ArgumentSchema(
    String name, ArgumentKind kind, boolean required, ImmutableSet<String> words) {
  /**
   * What was expected, for a message.
   *
   * @return a noun phrase
   */
  public String expected() {
    return words.isEmpty()
        ? kind.expected()
        : kind == ArgumentKind.FLAGS
            ? String.join(", ", words) + " or integers, with | between them"
            : String.join(", ", words) + " or an integer";
  }

  @Override
  public String toString() {
    String value =
        words.isEmpty() ? kind.name().toLowerCase(java.util.Locale.ROOT) : String.join("|", words);
    String text = name + "=" + value;
    return required ? text : "[" + text + "]";
  }
}
