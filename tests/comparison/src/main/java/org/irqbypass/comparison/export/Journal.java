package org.irqbypass.comparison.export;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.comparison.contender.Trial;
import org.irqbypass.comparison.contender.TrialRunner;
import org.irqbypass.comparison.narrative.Caption;
import org.irqbypass.scenario.Execution;
import org.irqbypass.scenario.Scenario;
import org.irqbypass.trace.TraceEvent;
import org.jspecify.annotations.Nullable;

/**
 * A run in time, and where each part of it happens: what every export writes down in its own way.
 *
 * @param scenario what was run
 * @param trial what came of it
 * @param entries one for each step, in order
 */
public record Journal(Scenario scenario, Trial trial, ImmutableList<Entry> entries) {
  /**
   * A step of the run.
   *
   * @param step what was run
   * @param note what is told of it besides
   * @param span when
   * @param track where
   * @param moments what was observed, in order
   */
  public record Entry(
      Execution.Step step,
      Trial.StepNote note,
      Span span,
      Track track,
      ImmutableList<Moment> moments) {
    /** What the step is and what it came to, in a sentence. */
    String caption() {
      return Caption.of(step.operation(), step.outcome(), note.forwarding(), note.facts());
    }

    /** Whether it is only where a phase begins. */
    boolean isMark() {
      return step.operation().name().equals("mark");
    }
  }

  /**
   * Something that was observed.
   *
   * @param nanos when, inside its step
   * @param track where
   * @param event what
   * @param tracepoint how Linux shows it; null where a kernel would not
   */
  public record Moment(
      long nanos, Track track, TraceEvent event, @Nullable Tracepoint tracepoint) {}

  /**
   * Runs a scenario and writes the journal.
   *
   * @param scenario what to run
   * @param contender who runs it
   * @param clock when its steps happen
   * @return the journal
   * @throws org.irqbypass.scenario.InputException if a step makes no sense on the scenario's host
   */
  public static Journal of(Scenario scenario, Contender contender, Clock clock) {
    List<Observed> observed = new ArrayList<>();
    Witness witness = new Witness(observed);
    Trial trial = TrialRunner.run(scenario, contender, witness);
    ImmutableList<Span> spans = clock.of(trial);
    ImmutableList.Builder<Entry> entries = ImmutableList.builder();
    for (Execution.Step step : trial.execution().steps()) {
      entries.add(
          observed
              .get(step.index())
              .at(step, trial.notes().get(step.index()), spans.get(step.index())));
    }
    return new Journal(scenario, trial, entries.build());
  }

  /** What was seen of a step when it had just been taken. */
  record Observed(Track track, ImmutableList<Track> tracks, List<@Nullable Tracepoint> spelled) {
    private Entry at(Execution.Step step, Trial.StepNote note, Span span) {
      ImmutableList<TraceEvent> events = step.outcome().events();
      ImmutableList.Builder<Moment> moments = ImmutableList.builder();
      for (int i = 0; i < events.size(); i++) {
        moments.add(
            new Moment(span.at(i, events.size()), tracks.get(i), events.get(i), spelled.get(i)));
      }
      return new Entry(step, note, span, track, moments.build());
    }
  }
}
