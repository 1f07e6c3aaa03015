package org.irqbypass.comparison.command;

import java.util.List;
import org.irqbypass.scenario.KernelProfile;
import picocli.CommandLine.ITypeConverter;

/** Reads the name of a kernel profile. */
final class ProfileConverter implements ITypeConverter<KernelProfile> {
  ProfileConverter() {}

  /** How the profiles are written. */
  static List<String> words() {
    return KernelProfile.ALL.stream().map(KernelProfile::name).toList();
  }

  @Override
  public KernelProfile convert(String value) {
    return KernelProfile.ALL.stream()
        .filter(profile -> profile.name().equals(value))
        .findFirst()
        .orElseThrow(() -> Choice.none(value, words()));
  }
}
