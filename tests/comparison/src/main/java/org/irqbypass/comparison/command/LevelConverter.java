package org.irqbypass.comparison.command;

import java.util.Arrays;
import java.util.List;
import org.irqbypass.scenario.Level;
import picocli.CommandLine.ITypeConverter;

/** Reads a level of comparison. */
final class LevelConverter implements ITypeConverter<Level> {
  LevelConverter() {}

  /** How the levels are written. */
  static List<String> words() {
    return Arrays.stream(Level.values()).map(Level::word).toList();
  }

  @Override
  public Level convert(String value) {
    return Arrays.stream(Level.values())
        .filter(level -> level.word().equals(value))
        .findFirst()
        .orElseThrow(() -> Choice.none(value, words()));
  }
}
