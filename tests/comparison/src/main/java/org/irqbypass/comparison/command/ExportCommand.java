package org.irqbypass.comparison.command;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.concurrent.Callable;
import org.irqbypass.comparison.export.Clock;
import org.irqbypass.comparison.export.ExportFormat;
import org.irqbypass.comparison.export.Journal;
import org.irqbypass.scenario.InputException;
import org.irqbypass.scenario.Position;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Writes one contender's run of a scenario for other tools. */
@Command(
    name = "export",
    description = "Writes a run for other tools: trace viewers, diagrams, programs.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class)
final class ExportCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private ScenarioArgument scenario = new ScenarioArgument();

  @Mixin private ContenderOption contender = new ContenderOption();

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      required = true,
      description = {
        "perfetto: Chrome trace events, for ui.perfetto.dev; ftrace: text with Linux's names;"
            + " mermaid, plantuml: a sequence diagram; json: everything (see 'schema run')."
      },
      converter = Converter.class,
      completionCandidates = Formats.class)
  @SuppressWarnings("NullAway.Init")
  private ExportFormat format;

  @Option(
      names = "--logical-time",
      description =
          "A microsecond for each step and each thing that is observed in it, not modelled time.")
  private boolean logical;

  @Mixin private CostsOption costs = new CostsOption();

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Where to write; the standard output unless given.")
  private @Nullable Path out;

  ExportCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Clock clock = logical ? Clock.LOGICAL : Clock.modelled(costs.model());
    Journal journal = Journal.of(scenario.subject().scenario(), contender.contender(), clock);
    String text = format.write(journal);
    Path file = out;
    if (file == null) {
      console.out().print(text);
      return ExitStatus.OK;
    }
    try {
      Files.writeString(file, text, StandardCharsets.UTF_8);
    } catch (IOException unwritable) {
      throw new InputException(
          new Position(file.toString(), 0, 0), "cannot be written, expected a file to write to");
    }
    return ExitStatus.OK;
  }

  /** Reads a format's name. */
  static final class Converter implements ITypeConverter<ExportFormat> {
    Converter() {}

    @Override
    public ExportFormat convert(String value) {
      return ExportFormat.named(value).orElseThrow(() -> Choice.none(value, ExportFormat.labels()));
    }
  }

  /** The formats. */
  static final class Formats implements Iterable<String> {
    Formats() {}

    @Override
    public Iterator<String> iterator() {
      return ExportFormat.labels().iterator();
    }
  }
}
