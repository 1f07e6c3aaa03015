package org.irqbypass.comparison.command;

import org.irqbypass.comparison.contender.Contender;
import picocli.CommandLine.ITypeConverter;

/** Reads a contender's name. */
final class ContenderConverter implements ITypeConverter<Contender> {
  ContenderConverter() {}

  @Override
  public Contender convert(String value) {
    return Contender.named(value).orElseThrow(() -> Choice.none(value, Contender.labels()));
  }
}
