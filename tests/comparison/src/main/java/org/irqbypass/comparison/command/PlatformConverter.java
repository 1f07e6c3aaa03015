package org.irqbypass.comparison.command;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a platform's name. */
final class PlatformConverter implements ITypeConverter<String> {
  PlatformConverter() {}

  @Override
  public String convert(String value) {
    if (!Hosts.summaries().containsKey(value)) {
      throw new TypeConversionException(
          "expected one of " + String.join(", ", Hosts.summaries().keySet()));
    }
    return value;
  }
}
