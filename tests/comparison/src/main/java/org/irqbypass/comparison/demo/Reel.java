package org.irqbypass.comparison.demo;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.List;
import org.irqbypass.comparison.account.Accountant;
import org.irqbypass.comparison.account.Fact;
import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.comparison.contender.Trial;
import org.irqbypass.comparison.contender.TrialRunner;
import org.irqbypass.comparison.narrative.Caption;
import org.irqbypass.comparison.snapshot.InterruptRow;
import org.irqbypass.comparison.snapshot.Snapshot;
import org.irqbypass.comparison.snapshot.VcpuRow;
import org.irqbypass.scenario.Execution;
import org.irqbypass.scenario.Scenario;

/**
 * One contender's run, a frame a step.
 *
 * @param contender who
 * @param frames in order
 */
record Reel(Contender contender, ImmutableList<Frame> frames) {
  /** Runs a scenario and films it. */
  static Reel of(Scenario scenario, Contender contender) {
    List<Snapshot> pictures = new ArrayList<>();
    Trial trial =
        TrialRunner.run(scenario, contender, (step, host) -> pictures.add(Snapshot.of(host)));
    List<Fact> facts = new ArrayList<>();
    ImmutableList.Builder<Frame> frames = ImmutableList.builder();
    Snapshot before = Snapshot.EMPTY;
    for (Execution.Step step : trial.execution().steps()) {
      Trial.StepNote note = trial.notes().get(step.index());
      Snapshot now = pictures.get(step.index());
      facts.addAll(note.facts());
      frames.add(
          new Frame(
              step,
              note.forwarding(),
              note.why(),
              Caption.of(step.operation(), step.outcome(), note.forwarding(), note.facts()),
              now,
              changed(now.since(before)),
              Accountant.account(facts)));
      before = now;
    }
    return new Reel(contender, frames.build());
  }

  private static ImmutableSet<String> changed(Snapshot.Changes changes) {
    ImmutableSet.Builder<String> names = ImmutableSet.builder();
    changes.interrupts().stream().map(InterruptRow::name).forEach(names::add);
    changes.vcpus().stream().map(VcpuRow::name).forEach(names::add);
    return names.build();
  }
}
