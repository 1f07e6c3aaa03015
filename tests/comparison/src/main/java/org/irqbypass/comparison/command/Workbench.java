package org.irqbypass.comparison.command;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.irqbypass.comparison.account.Interrupt;
import org.irqbypass.comparison.account.InterruptAccount;
import org.irqbypass.comparison.catalogue.Subject;
import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.comparison.contender.Trial;
import org.irqbypass.comparison.contender.TrialRunner;
import org.irqbypass.comparison.cost.CostModel;
import org.irqbypass.comparison.cost.Timeline;
import org.irqbypass.comparison.narrative.Phases;
import org.irqbypass.comparison.report.ContenderResult;
import org.irqbypass.comparison.report.ContenderResult.AddedCall;
import org.irqbypass.comparison.report.CostFindings;
import org.irqbypass.comparison.report.Findings;
import org.irqbypass.comparison.report.PlaybackBuilder;
import org.irqbypass.comparison.report.ScenarioComparison;
import org.irqbypass.comparison.snapshot.Snapshot;
import org.irqbypass.comparison.storm.StormResult;
import org.irqbypass.comparison.storm.StormRun;
import org.irqbypass.scenario.Execution;
import org.irqbypass.scenario.Scenario;
import org.jspecify.annotations.Nullable;

/** Runs a scenario with contenders and gathers what a report shows. */
final class Workbench {
  /** Is told what is being done. */
  @FunctionalInterface
  interface Progress {
    void at(String what);
  }

  private Workbench() {}

  static ScenarioComparison compare(
      Subject subject, Collection<Contender> contenders, CostModel costs, Progress progress) {
    Scenario scenario = subject.scenario();
    ImmutableList.Builder<ContenderResult> results = ImmutableList.builder();
    PlaybackBuilder playback = new PlaybackBuilder();
    for (Contender contender : contenders) {
      progress.at(scenario.name() + ", " + contender);
      List<Snapshot> snapshots = new ArrayList<>();
      Trial trial =
          TrialRunner.run(scenario, contender, (step, host) -> snapshots.add(Snapshot.of(host)));
      results.add(result(trial, costs));
      playback.add(trial, snapshots);
    }
    ImmutableList<ContenderResult> all = results.build();
    return new ScenarioComparison(
        scenario.name(),
        scenario.title(),
        scenario.about(),
        subject.origin(),
        scenario.platform(),
        scenario.profile().name(),
        all,
        Findings.of(all),
        CostFindings.of(all, costs, scenario.platform()),
        notes(subject, all),
        ImmutableList.of(),
        storm(scenario, costs, progress),
        playback.build());
  }

  /** The scenario at full size, if it says how large that is. */
  static @Nullable StormResult storm(Scenario scenario, CostModel costs, Progress progress) {
    Scenario.Storm storm = scenario.storm();
    if (storm == null) {
      return null;
    }
    progress.at(scenario.name() + ", at full size");
    return StormRun.of(scenario, storm, costs);
  }

  private static ContenderResult result(Trial trial, CostModel costs) {
    ImmutableList.Builder<AddedCall> added = ImmutableList.builder();
    for (Execution.Step step : trial.execution().steps()) {
      String why = trial.notes().get(step.index()).why();
      if (why != null) {
        added.add(
            new AddedCall(
                step.index(),
                step.operation().toText(),
                why,
                step.outcome().errno() == null ? null : step.outcome().errno().name()));
      }
    }
    return new ContenderResult(
        trial.contender(),
        trial.account(),
        added.build(),
        Phases.of(trial.notes().stream().map(Trial.StepNote::story).toList()),
        Timeline.of(trial, costs));
  }

  private static ImmutableList<String> notes(Subject subject, List<ContenderResult> results) {
    ImmutableList.Builder<String> notes = ImmutableList.builder();
    boolean wired =
        results.stream()
            .flatMap(result -> result.account().interrupts().stream())
            .map(InterruptAccount::interrupt)
            .map(Interrupt::index)
            .anyMatch(index -> index.equals("IRQ") || index.equals("INTX"));
    if (wired && subject.scenario().platform().startsWith("arm64-")) {
      notes.add(
          "No Linux release pairs wired interrupts through the registry. The producers of the"
              + " automatic contenders are those of a series of 2017 that was not merged: their way"
              + " here is a proposal.");
    }
    if (subject.recorded()) {
      notes.add(
          "The machine of the recording could not post interrupts: there every pairing was made and"
              + " none was bypassed. What is bypassed here is what the same calls come to on a host"
              + " that can.");
    }
    return notes.build();
  }
}
