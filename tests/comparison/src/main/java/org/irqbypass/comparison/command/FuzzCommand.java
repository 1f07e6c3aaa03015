package org.irqbypass.comparison.command;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.irqbypass.scenario.InputException;
import org.irqbypass.scenario.Position;
import org.irqbypass.scenario.RecordingWriter;
import org.irqbypass.scenario.live.Answer;
import org.irqbypass.scenario.live.FuzzFinding;
import org.irqbypass.scenario.live.FuzzReport;
import org.irqbypass.scenario.live.Fuzzer;
import org.irqbypass.scenario.live.Sequences;
import org.irqbypass.scenario.live.Step;
import org.irqbypass.scenario.live.Twins;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Performs random sequences on the kernel that runs and compares it with the model. */
@Command(
    name = "fuzz",
    description =
        "Performs random operations on KVM and eventfds on the kernel that runs, compares it with"
            + " the model, and shrinks a difference to its shortest sequence.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class)
final class FuzzCommand implements Callable<Integer> {
  private static final int SHOWN = 20;
  private static final int LONGEST = 10_000;

  private final Console console;

  @Mixin private LiveOptions kernel = new LiveOptions();

  @Option(
      names = "--seed",
      paramLabel = "SEED",
      required = true,
      description = "Any integer; the same one makes the same sequences.")
  private long seed;

  @Option(names = "--cases", paramLabel = "N", required = true, description = "How many sequences.")
  private int cases;

  @Option(
      names = "--length",
      paramLabel = "N",
      defaultValue = "40",
      description =
          "How many operations of each are random; ${DEFAULT-VALUE} unless given. Setting up and"
              + " looking at the end come on top.")
  private int length;

  @Mixin private ProfileOption profile = new ProfileOption();

  @Option(
      names = "--save",
      paramLabel = "FILE",
      description =
          "Write the shortest sequences there, as a recording of the kernel that replay takes.")
  private @Nullable Path save;

  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it before anything runs
  private CommandSpec spec;

  FuzzCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    if (!kernel.live()) {
      throw new ParameterException(
          spec.commandLine(),
          "say --live: the kernel that runs is what the model is compared with");
    }
    if (cases < 1) {
      throw new ParameterException(spec.commandLine(), "--cases must be 1 or more");
    }
    if (length < 1 || length > LONGEST) {
      throw new ParameterException(spec.commandLine(), "--length must be 1 to " + LONGEST);
    }
    if (save != null) {
      checkWritable(save);
    }
    return kernel.run(console, profile.named(), this::fuzz);
  }

  /** What is found after hours should not be lost for want of a place. */
  private static void checkWritable(Path file) {
    Path directory = file.toAbsolutePath().getParent();
    boolean writable =
        Files.exists(file)
            ? Files.isRegularFile(file) && Files.isWritable(file)
            : directory != null && Files.isDirectory(directory) && Files.isWritable(directory);
    if (!writable) {
      throw new InputException(
          new Position(file.toString(), 0, 0), "the sequences cannot be written there");
    }
  }

  private int fuzz(Twins twins) {
    FuzzReport report =
        Fuzzer.run(
            twins,
            new Sequences(seed, length),
            cases,
            SHOWN,
            number -> console.progress(number, cases, "seed " + seed));
    console.progressDone();
    report.findings().forEach(this::show);
    if (save != null && !report.findings().isEmpty()) {
      write(save, twins, report);
    }
    int more = report.differing() - report.findings().size();
    if (more > 0) {
      console.out().printf("and %d more%n", more);
    }
    console
        .out()
        .printf(
            "cases=%d operations=%d differing=%d%n",
            report.cases(), report.operations(), report.differing());
    return report.differing() == 0 ? ExitStatus.OK : ExitStatus.MISMATCH;
  }

  private void show(FuzzFinding finding) {
    console
        .out()
        .printf(
            "seed %d case %d: kernel and model differ after %d operations:%n",
            seed, finding.number(), finding.steps().size());
    int number = 0;
    for (Step step : finding.steps()) {
      number++;
      console
          .out()
          .printf(
              "  step %d: %s: kernel %s, model %s%n",
              number, step.operation().toText(), step.kernel(), step.model());
    }
  }

  private void write(Path file, Twins twins, FuzzReport report) {
    try (RecordingWriter writer =
        new RecordingWriter(Files.newOutputStream(file), twins.kernel().release(), twins.model())) {
      for (FuzzFinding finding : report.findings()) {
        int index = 0;
        for (Step step : finding.steps()) {
          Answer kernel = step.kernel();
          writer.write(
              "fuzz." + seed + "." + finding.number(),
              index++,
              step.operation(),
              kernel.ret(),
              kernel.errno(),
              kernel.out());
        }
      }
    } catch (IOException failed) {
      throw new InputException(
          new Position(file.toString(), 0, 0),
          "the sequences cannot be written there (" + failed.getMessage() + ")");
    }
    console.out().printf("saved: replay --live %s%n", file);
  }
}
