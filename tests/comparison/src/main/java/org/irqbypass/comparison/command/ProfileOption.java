package org.irqbypass.comparison.command;

import org.irqbypass.scenario.KernelProfile;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Under which kernel's rules to run, for the commands that compare with a kernel. */
final class ProfileOption {
  @Option(
      names = "--profile",
      paramLabel = "PROFILE",
      description =
          "The model follows this kernel's rules, not those of the recording or of the kernel that"
              + " runs: ${COMPLETION-CANDIDATES}.",
      converter = ProfileConverter.class,
      completionCandidates = SubjectNames.Profiles.class)
  private @Nullable KernelProfile profile;

  ProfileOption() {}

  /** The profile; null: as recorded, or as found. */
  @Nullable KernelProfile named() {
    return profile;
  }
}
