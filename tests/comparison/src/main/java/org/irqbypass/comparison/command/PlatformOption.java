package org.irqbypass.comparison.command;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** On which host to run, for the commands that run something. */
final class PlatformOption {
  @Option(
      names = "--platform",
      paramLabel = "PLATFORM",
      description = "On this host, not on its own: ${COMPLETION-CANDIDATES}.",
      converter = PlatformConverter.class,
      completionCandidates = SubjectNames.Platforms.class)
  private @Nullable String platform;

  PlatformOption() {}

  /** The host's platform; null: that of what is run. */
  @Nullable String name() {
    return platform;
  }
}
