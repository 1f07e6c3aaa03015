package org.irqbypass.comparison.command;

import java.util.Collection;
import org.irqbypass.scenario.Suggestion;
import picocli.CommandLine.TypeConversionException;

/** What is said where an option's value is none of those that there are. */
final class Choice {
  private Choice() {}

  static TypeConversionException none(String value, Collection<String> words) {
    return new TypeConversionException(
        "'" + value + "' is none of " + String.join(", ", words) + Suggestion.of(value, words));
  }
}
