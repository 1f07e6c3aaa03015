package org.irqbypass.comparison.command;

import com.google.common.collect.LinkedHashMultiset;
import com.google.common.collect.Multiset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.irqbypass.comparison.catalogue.Catalogue;
import org.irqbypass.scenario.Difference;
import org.irqbypass.scenario.InputException;
import org.irqbypass.scenario.Level;
import org.irqbypass.scenario.Position;
import org.irqbypass.scenario.Recording;
import org.irqbypass.scenario.Replay;
import org.irqbypass.scenario.ReplayOptions;
import org.irqbypass.scenario.ReplayReport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs what was recorded and compares it with what the kernel did. */
@Command(
    name = "replay",
    description = "Runs what was recorded of a real kernel and compares what comes of it.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class)
final class ReplayCommand implements Callable<Integer> {
  private static final int SHOWN = 20;

  private final Console console;

  @Parameters(
      paramLabel = "FILE",
      arity = "1..*",
      description = "A recording: JSON lines, plain or gzipped, or the name of a bundled one.")
  private List<String> files = new ArrayList<>();

  @Option(
      names = "--level",
      paramLabel = "LEVEL",
      description =
          "How far it is compared: ${COMPLETION-CANDIDATES}; results unless given, with --live"
              + " outputs.",
      converter = LevelConverter.class,
      completionCandidates = SubjectNames.Levels.class)
  private @Nullable Level level;

  @Option(
      names = "--case",
      paramLabel = "CASE",
      description = "Only this case. May be given several times.")
  private List<String> cases = new ArrayList<>();

  @Mixin private PlatformOption platform = new PlatformOption();

  @Mixin private DeviceOption devices = new DeviceOption();

  @Mixin private ProfileOption profile = new ProfileOption();

  @Mixin private LiveOptions kernel = new LiveOptions();

  @Option(
      names = "--all",
      description = "Print every difference, not only the first " + SHOWN + " of each file.")
  private boolean all;

  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it before anything runs
  private CommandSpec spec;

  ReplayCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    if (kernel.live()) {
      return performLive();
    }
    if (kernel.ifAvailable()) {
      throw new ParameterException(spec.commandLine(), "--if-available goes with --live");
    }
    int casesRun = 0;
    int operations = 0;
    int mismatches = 0;
    boolean decided = true;
    Multiset<String> undecided = LinkedHashMultiset.create();
    int done = 0;
    for (String file : files) {
      console.progress(done++, files.size(), file);
      ReplayReport report;
      try (Recording recording = Catalogue.openRecording(file, devices.described())) {
        report = Replay.run(recording, options());
      }
      console.progressDone();
      show(report);
      casesRun += report.cases();
      operations += report.operations();
      mismatches += report.mismatches();
      decided &= report.isDecided();
      report.undecided().forEach(one -> undecided.add(one.rule().words()));
    }
    if (!cases.isEmpty() && casesRun == 0) {
      throw new InputException(
          new Position(String.join(", ", files), 0, 0),
          "there is no case " + String.join(" or ", cases));
    }
    for (Multiset.Entry<String> rule : undecided.entrySet()) {
      console.out().printf("undecided: %d operations (%s)%n", rule.getCount(), rule.getElement());
    }
    console
        .out()
        .printf("cases=%d operations=%d mismatches=%d%n", casesRun, operations, mismatches);
    return mismatches > 0 || !decided ? ExitStatus.MISMATCH : ExitStatus.OK;
  }

  private int performLive() {
    if (level == Level.TRACE || platform.name() != null) {
      throw new ParameterException(
          spec.commandLine(),
          (platform.name() == null ? "--level trace" : "--platform")
              + " does not go with --live: the kernel that runs shows no trace, and its host is as"
              + " it is");
    }
    Level compared = level == null ? Level.OUTPUTS : level;
    int shown = all ? Integer.MAX_VALUE : SHOWN;
    return kernel.run(
        console,
        profile.named(),
        twins ->
            new LiveReplaying(console, twins, compared, this::isWanted, shown)
                .run(files, devices.described()));
  }

  private boolean isWanted(String caseName) {
    return cases.isEmpty() || cases.contains(caseName);
  }

  private ReplayOptions options() {
    return ReplayOptions.at(level == null ? Level.RESULTS : level)
        .onPlatform(platform.name())
        .underProfile(profile.named())
        .ofCases(this::isWanted)
        .keeping(all ? Integer.MAX_VALUE : SHOWN);
  }

  private void show(ReplayReport report) {
    for (Difference difference : report.differences()) {
      console
          .out()
          .printf(
              "%s: case %s step %d: %s: recorded %s, got %s%n",
              report.source(),
              difference.caseName(),
              difference.step(),
              difference.operation().toText(),
              difference.recorded(),
              difference.got());
    }
    int more = report.mismatches() - report.differences().size();
    if (more > 0) {
      console.out().printf("%s: and %d more%n", report.source(), more);
    }
    if (!report.isDecided()) {
      console.out().printf("%s: too much is undecided to call it a match%n", report.source());
    }
    console.out().println(report);
  }
}
