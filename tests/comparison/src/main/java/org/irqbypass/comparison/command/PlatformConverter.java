package org.irqbypass.comparison.command;

import picocli.CommandLine.ITypeConverter;

/** Reads a platform's name. */
final class PlatformConverter implements ITypeConverter<String> {
  PlatformConverter() {}

  @Override
  public String convert(String value) {
    if (!Hosts.summaries().containsKey(value)) {
      throw Choice.none(value, Hosts.summaries().keySet());
    }
    return value;
  }
}
