package org.irqbypass.comparison.command;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.ImmutableSortedSet;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.irqbypass.comparison.catalogue.Catalogue;
import org.irqbypass.comparison.catalogue.Subject;
import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.comparison.cost.CostModel;
import org.irqbypass.comparison.report.Comparison;
import org.irqbypass.comparison.report.HtmlReport;
import org.irqbypass.comparison.report.JsonReport;
import org.irqbypass.comparison.report.ScenarioComparison;
import org.irqbypass.comparison.report.TextReport;
import org.irqbypass.scenario.InputException;
import org.irqbypass.scenario.Position;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** Runs scenarios with every contender and shows the difference. */
@Command(
    name = "compare",
    description = "Runs scenarios with every contender and shows the difference.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class)
final class CompareCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(
      paramLabel = "SCENARIO",
      description =
          "A bundled scenario or recording (see list), or the path of a file; all that is bundled"
              + " unless given.",
      completionCandidates = SubjectNames.class)
  private List<String> names = new ArrayList<>();

  @Option(
      names = "--contender",
      paramLabel = "CONTENDER",
      description = "Only this one: ${COMPLETION-CANDIDATES}. May be given several times.",
      converter = ContenderConverter.class,
      completionCandidates = SubjectNames.Contenders.class)
  private List<Contender> contenders = new ArrayList<>();

  @Mixin private PlatformOption platform = new PlatformOption();

  @Mixin private DeviceOption devices = new DeviceOption();

  @Mixin private CostsOption costs = new CostsOption();

  @Option(
      names = {"--html", "--out"},
      paramLabel = "DIR",
      description =
          "Where the page, index.html, and report.json are written; ${DEFAULT-VALUE} unless given.",
      defaultValue = "target/irqbypass-report")
  private Path directory = Path.of("target", "irqbypass-report");

  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it before anything runs
  private CommandSpec spec;

  CompareCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    if (directory.toString().isEmpty()) {
      throw new ParameterException(spec.commandLine(), "--html is empty, expected a directory");
    }
    CostModel model = costs.model();
    Set<Contender> wanted =
        contenders.isEmpty() ? EnumSet.allOf(Contender.class) : EnumSet.copyOf(contenders);
    List<Subject> subjects = new ArrayList<>();
    for (String name : names.isEmpty() ? Catalogue.all() : ImmutableSet.copyOf(names).asList()) {
      subjects.add(Hosts.on(Catalogue.load(name, devices.described()), platform.name()));
    }
    checkDirectory();
    TextReport text = new TextReport(console.terminal());
    ImmutableList.Builder<ScenarioComparison> scenarios = ImmutableList.builder();
    boolean violated = false;
    int done = 0;
    for (Subject subject : subjects) {
      ScenarioComparison scenario =
          Workbench.compare(subject, wanted, model, progress(done, subjects.size()));
      console.progressDone();
      console.out().println(text.scenario(scenario));
      console.out().flush();
      scenarios.add(scenario);
      violated |= scenario.isViolated();
      done++;
    }
    write(new Comparison(1, environment(), scenarios.build(), model.parameters(), model.ways()));
    return violated ? ExitStatus.VIOLATED : ExitStatus.OK;
  }

  private Workbench.Progress progress(int done, int total) {
    return what -> console.progress(done, total, what);
  }

  private Comparison.Environment environment() {
    StringBuilder command = new StringBuilder("irqbypass compare");
    ImmutableSet.copyOf(names).forEach(name -> command.append(' ').append(name));
    ImmutableSortedSet.copyOf(contenders)
        .forEach(contender -> command.append(" --contender ").append(contender));
    if (platform.name() != null) {
      command.append(" --platform ").append(platform.name());
    }
    ParseResult written = spec.commandLine().getParseResult();
    if (written.hasMatchedOption("--device")) {
      written
          .matchedOption("--device")
          .originalStringValues()
          .forEach(device -> command.append(" --device ").append(device));
    }
    if (costs.file() != null) {
      command.append(" --costs ").append(costs.file());
    }
    return new Comparison.Environment(
        Version.number(),
        System.getProperty("java.version", "unknown"),
        System.getProperty("os.name", "unknown") + " " + System.getProperty("os.arch", ""),
        command.toString());
  }

  /** Before anything is run, so that as little as possible is run in vain. */
  private void checkDirectory() {
    Path nearest = directory.toAbsolutePath();
    while (nearest.getParent() != null && !Files.exists(nearest)) {
      nearest = nearest.getParent();
    }
    if (!Files.isDirectory(nearest) || !Files.isWritable(nearest)) {
      throw unwritable();
    }
  }

  private InputException unwritable() {
    return new InputException(
        new Position(directory.toString(), 0, 0),
        "the report cannot be written there, expected a directory that can be made and written");
  }

  private void write(Comparison comparison) {
    console.progress(comparison.scenarios().size(), comparison.scenarios().size(), "drawing");
    Path page = directory.resolve("index.html");
    try {
      Files.createDirectories(directory);
      Files.writeString(
          directory.resolve("report.json"), JsonReport.of(comparison), StandardCharsets.UTF_8);
      Files.writeString(page, HtmlReport.of(comparison), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw unwritable();
    }
    console.progressDone();
    console.out().println("The page: " + page.toAbsolutePath().normalize());
  }
}
