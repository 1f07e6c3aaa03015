package org.irqbypass.comparison.command;

import com.google.common.collect.ImmutableList;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.Callable;
import org.irqbypass.comparison.catalogue.Subject;
import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.comparison.cost.CostModel;
import org.irqbypass.comparison.explore.Exploration;
import org.irqbypass.comparison.explore.Plot;
import org.irqbypass.comparison.explore.Schedule;
import org.irqbypass.comparison.explore.Telling;
import org.irqbypass.comparison.report.Comparison;
import org.irqbypass.comparison.report.ExplorationText;
import org.irqbypass.scenario.Scenario;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Plays a scenario in every order. */
@Command(
    name = "explore",
    description =
        "Plays a scenario in every order that its actors' own order and what they need from each"
            + " other leave open, and shows how many orders end how.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class)
final class ExploreCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private ScenarioArgument scenario = new ScenarioArgument();

  @Mixin private ContendersOption contenders = new ContendersOption();

  @Mixin private BoundsOptions bounds = new BoundsOptions();

  @Option(
      names = "--schedule",
      paramLabel = "SCHEDULE",
      description =
          "Play only this order, such as vmm:3,device,work,guest:2, and show each step; then the"
              + " first order that goes on from there.")
  private @Nullable String schedule;

  @Option(
      names = ReportDirectory.OPTION,
      paramLabel = "DIR",
      description = "Also write a page, DIR/index.html, and DIR/report.json.")
  private @Nullable Path directory;

  @Mixin private CostsOption costs = new CostsOption();

  @Option(names = "--trace", description = "With each step the kernel functions it led to.")
  private boolean traced;

  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it before anything runs
  private CommandSpec spec;

  ExploreCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Subject subject = scenario.subject();
    Set<Contender> wanted = contenders.wanted();
    if (schedule != null) {
      return play(subject.scenario(), wanted, schedule);
    }
    ReportDirectory report = directory == null ? null : new ReportDirectory(directory);
    return explore(subject, wanted, report);
  }

  private int explore(Subject subject, Set<Contender> wanted, @Nullable ReportDirectory report) {
    Laboratory laboratory =
        new Laboratory(
            console,
            bounds.bounds(),
            (played, contender) ->
                bounds.plot(played, contender).by(ExactCommand.exploring(spec, scenario.name())));
    Interruption onCtrlC = Interruption.calls(laboratory::stop);
    try {
      ImmutableList<Exploration> explorations = laboratory.explore(subject, wanted);
      int status = report(subject, explorations);
      if (report != null) {
        report.write(page(subject, wanted, explorations), console);
      }
      return status;
    } finally {
      onCtrlC.end();
    }
  }

  /** The orders explored, and the one that is written down, step by step. */
  private Comparison page(
      Subject subject, Set<Contender> wanted, ImmutableList<Exploration> explorations) {
    CostModel model = costs.model();
    return new Comparison(
        1,
        ReportDirectory.environment(spec),
        ImmutableList.of(
            Workbench.compare(subject, wanted, model, what -> console.progress(0, 1, what))
                .with(explorations)),
        model.parameters(),
        model.ways());
  }

  private int report(Subject subject, ImmutableList<Exploration> explorations) {
    console.out().print(ExplorationText.census(subject.scenario(), explorations));
    boolean violated = false;
    boolean unsteady = false;
    for (Exploration each : explorations) {
      console.out().print(ExplorationText.counterexamples(each, traced));
      violated |= !each.violations().isEmpty();
      if (subject.scenario().explore().confluent().contains(each.contender().label())
          && !(each.census().isConfluent() && each.sampled().isConfluent())) {
        unsteady = true;
        console
            .out()
            .printf(
                "%s declares that with %s all orders end in the same state of forwarding, and they"
                    + " do not.%n",
                subject.name(), each.contender());
      }
    }
    console.out().flush();
    return violated ? ExitStatus.VIOLATED : unsteady ? ExitStatus.ORDER_DEPENDENT : ExitStatus.OK;
  }

  private int play(Scenario played, Set<Contender> wanted, String order) {
    if (wanted.size() != 1) {
      throw new ParameterException(
          spec.commandLine(), "--schedule is one contender's, expected --contender once");
    }
    Plot plot = bounds.plot(played, wanted.iterator().next());
    Telling.Replayed replayed;
    try {
      replayed = Telling.replay(plot, Schedule.parse(order));
    } catch (Schedule.MalformedException | Telling.UnplayableException wrong) {
      throw new ParameterException(spec.commandLine(), "--schedule: " + wrong.getMessage(), wrong);
    }
    console.out().print(ExplorationText.steps(replayed.told(), traced));
    replayed.violations().forEach(violation -> console.out().println("breaks " + violation));
    console.out().println("schedule: " + replayed.told().schedule());
    console.out().print(ExplorationText.ending(replayed.ending()));
    console.out().flush();
    return replayed.violations().isEmpty() ? ExitStatus.OK : ExitStatus.VIOLATED;
  }
}
