package org.irqbypass.comparison.command;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.irqbypass.comparison.catalogue.Catalogue;
import org.irqbypass.comparison.catalogue.Subject;
import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.comparison.cost.CostModel;
import org.irqbypass.comparison.explore.Bounds;
import org.irqbypass.comparison.explore.Exploration;
import org.irqbypass.comparison.explore.Plot;
import org.irqbypass.comparison.explore.Promises;
import org.irqbypass.comparison.report.Comparison;
import org.irqbypass.comparison.report.ScenarioComparison;
import org.irqbypass.comparison.report.TextReport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
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

  @Mixin private ContendersOption contenders = new ContendersOption();

  @Mixin private PlatformOption platform = new PlatformOption();

  @Mixin private DeviceOption devices = new DeviceOption();

  @Mixin private CostsOption costs = new CostsOption();

  @Option(
      names = {ReportDirectory.OPTION, "--out"},
      paramLabel = "DIR",
      description =
          "Where the page, index.html, and report.json are written; ${DEFAULT-VALUE} unless given.",
      defaultValue = "target/irqbypass-report")
  private Path directory = Path.of("target", "irqbypass-report");

  @Option(
      names = "--max-schedules",
      paramLabel = "N",
      defaultValue = "1000",
      description =
          "Play each scenario, not recorded sessions, in other orders too, with each contender at"
              + " most this many schedules, and as many drawn at random where that is not all;"
              + " ${DEFAULT-VALUE} unless given, none if 0. The explore command goes further.")
  private int schedules;

  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it before anything runs
  private CommandSpec spec;

  CompareCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    if (schedules < 0) {
      throw new ParameterException(
          spec.commandLine(), "--max-schedules is " + schedules + ", expected 0 or more");
    }
    ReportDirectory report = new ReportDirectory(directory);
    CostModel model = costs.model();
    Set<Contender> wanted = contenders.wanted();
    Map<String, Subject> subjects = new LinkedHashMap<>();
    for (String name : names.isEmpty() ? Catalogue.all() : ImmutableSet.copyOf(names).asList()) {
      subjects.put(name, Hosts.on(Catalogue.load(name, devices.described()), platform.name()));
    }
    TextReport text = new TextReport(console.terminal());
    ImmutableList.Builder<ScenarioComparison> scenarios = ImmutableList.builder();
    boolean violated = false;
    int done = 0;
    for (Map.Entry<String, Subject> subject : subjects.entrySet()) {
      ScenarioComparison scenario =
          Workbench.compare(subject.getValue(), wanted, model, progress(done, subjects.size()))
              .with(orders(subject.getKey(), subject.getValue(), wanted));
      console.progressDone();
      console.out().println(text.scenario(scenario));
      console.out().flush();
      scenarios.add(scenario);
      violated |= scenario.isViolated();
      done++;
    }
    report.write(
        new Comparison(
            1,
            ReportDirectory.environment(spec),
            scenarios.build(),
            model.parameters(),
            model.ways()),
        console);
    return violated ? ExitStatus.VIOLATED : ExitStatus.OK;
  }

  private Workbench.Progress progress(int done, int total) {
    return what -> console.progress(done, total, what);
  }

  /** What other orders come to. What was recorded happened in one order. */
  private ImmutableList<Exploration> orders(String name, Subject subject, Set<Contender> wanted) {
    return schedules == 0 || subject.recorded()
        ? ImmutableList.of()
        : new Laboratory(
                console,
                Bounds.upTo(schedules).withWalks(schedules),
                (scenario, contender) ->
                    Plot.of(scenario, contender, Promises.all())
                        .by(ExactCommand.exploring(spec, name)))
            .explore(subject, wanted);
  }
}
