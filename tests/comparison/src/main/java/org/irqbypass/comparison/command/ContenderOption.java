package org.irqbypass.comparison.command;

import org.irqbypass.comparison.contender.Contender;
import picocli.CommandLine.Option;

/** Who runs a scenario, of commands that need exactly one. */
final class ContenderOption {
  @Option(
      names = "--contender",
      paramLabel = "CONTENDER",
      required = true,
      description = "Who runs it: ${COMPLETION-CANDIDATES}.",
      converter = ContenderConverter.class,
      completionCandidates = SubjectNames.Contenders.class)
  @SuppressWarnings("NullAway.Init") // picocli refuses a command line without it
  private Contender contender;

  ContenderOption() {}

  /** Who. */
  Contender contender() {
    return contender;
  }
}
