package org.irqbypass.comparison.command;

import org.irqbypass.comparison.catalogue.Catalogue;
import org.irqbypass.comparison.catalogue.Subject;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** What is to be run, and on which host: of commands that run one thing. */
final class ScenarioArgument {
  @Parameters(
      paramLabel = "SCENARIO",
      description = "A bundled scenario or recording (see list), or the path of a file.",
      completionCandidates = SubjectNames.class)
  @SuppressWarnings("NullAway.Init") // picocli refuses a command line without it
  private String name;

  @Mixin private PlatformOption platform = new PlatformOption();

  @Mixin private DeviceOption devices = new DeviceOption();

  ScenarioArgument() {}

  /** What it was called. */
  String name() {
    return name;
  }

  /** The scenario, on the host that was named. */
  Subject subject() {
    return Hosts.on(Catalogue.load(name, devices.described()), platform.name());
  }
}
