package org.irqbypass.comparison.export;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import org.irqbypass.comparison.contender.StepListener;
import org.irqbypass.scenario.Execution;
import org.irqbypass.scenario.SimulatedHost;
import org.irqbypass.scenario.WorkEvent;
import org.irqbypass.trace.TraceEvent;
import org.jspecify.annotations.Nullable;

/** Looks at each step of a run while the names of what it is about are still known. For one run. */
final class Witness implements StepListener {
  private final List<Journal.Observed> observed;
  private final Tracks tracks = new Tracks();
  private @Nullable LinuxSpelling spelling;

  /**
   * Makes a witness.
   *
   * @param observed where it puts what it sees, one a step
   */
  Witness(List<Journal.Observed> observed) {
    this.observed = observed;
  }

  @Override
  public void after(Execution.Step step, SimulatedHost host) {
    LinuxSpelling linux = spelling;
    if (linux == null) {
      linux = new LinuxSpelling(host);
      spelling = linux;
      WorkEvent.observe(host.workQueue(), host.trace());
    }
    tracks.begin(step, host);
    ImmutableList.Builder<Track> where = ImmutableList.builder();
    List<@Nullable Tracepoint> spelled = new ArrayList<>();
    for (TraceEvent event : step.outcome().events()) {
      where.add(tracks.of(event));
      spelled.add(linux.of(event));
    }
    observed.add(new Journal.Observed(tracks.ofStep(), where.build(), spelled));
  }
}
