package org.irqbypass.comparison.command;

import java.util.Optional;
import picocli.CommandLine.IVersionProvider;

/** This program's version, as the jar's manifest has it. */
final class Version implements IVersionProvider {
  Version() {}

  static String number() {
    return Optional.ofNullable(Version.class.getPackage().getImplementationVersion())
        .orElse("development build");
  }

  @Override
  public String[] getVersion() {
    return new String[] {"irqbypass " + number()};
  }
}
