package org.irqbypass.comparison.command;

import org.irqbypass.comparison.contender.Contender;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a contender's name. */
final class ContenderConverter implements ITypeConverter<Contender> {
  ContenderConverter() {}

  @Override
  public Contender convert(String value) {
    return Contender.named(value)
        .orElseThrow(
            () ->
                new TypeConversionException(
                    "expected one of " + String.join(", ", Contender.labels())));
  }
}
