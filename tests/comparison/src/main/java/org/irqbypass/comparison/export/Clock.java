package org.irqbypass.comparison.export;

import com.google.common.collect.ImmutableList;
import org.irqbypass.comparison.contender.Trial;
import org.irqbypass.comparison.cost.CostModel;
import org.irqbypass.comparison.cost.Timeline;
import org.irqbypass.scenario.Execution;

/** Says when each step of a run happens. A simulated run takes no time of its own. */
@FunctionalInterface
public interface Clock {
  /** Time that only orders: a microsecond for each step and each thing that is observed in it. */
  Clock LOGICAL = trial -> lay(trial, step -> 1000L * (step.outcome().events().size() + 1));

  /**
   * Modelled time: what a step costs. What is observed in a step is spread over it evenly, and a
   * step that costs less than there is to tell apart takes two nanoseconds for each thing.
   *
   * @param costs what things cost
   * @return the clock
   */
  static Clock modelled(CostModel costs) {
    return trial -> {
      Timeline timeline = Timeline.of(trial, costs);
      return lay(
          trial,
          step ->
              Math.max(
                  timeline.endOf(step.index()) - timeline.startOf(step.index()),
                  2L * (step.outcome().events().size() + 1)));
    };
  }

  /**
   * Lays a run out in time.
   *
   * @param trial the run
   * @return one span for each of its steps, each beginning where the one before ends
   */
  ImmutableList<Span> of(Trial trial);

  /** How long a step takes. */
  @FunctionalInterface
  interface Length {
    /**
     * How long a step takes.
     *
     * @param step which
     * @return nanoseconds
     */
    long of(Execution.Step step);
  }

  private static ImmutableList<Span> lay(Trial trial, Length length) {
    ImmutableList.Builder<Span> spans = ImmutableList.builder();
    long now = 0;
    for (Execution.Step step : trial.execution().steps()) {
      long end = now + length.of(step);
      spans.add(new Span(now, end));
      now = end;
    }
    return spans.build();
  }
}
