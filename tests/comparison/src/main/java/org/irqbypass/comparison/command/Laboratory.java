package org.irqbypass.comparison.command;

import com.google.common.collect.ImmutableList;
import java.util.Collection;
import java.util.function.BiFunction;
import org.irqbypass.comparison.catalogue.Subject;
import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.comparison.explore.Bounds;
import org.irqbypass.comparison.explore.Exploration;
import org.irqbypass.comparison.explore.Explorer;
import org.irqbypass.comparison.explore.Plot;
import org.irqbypass.scenario.Scenario;
import org.jspecify.annotations.Nullable;

/** Explores scenarios for one contender after the other, until somebody presses Ctrl-C. */
final class Laboratory {
  private final Console console;
  private final Bounds bounds;
  private final BiFunction<Scenario, Contender, Plot> plots;
  private volatile @Nullable Explorer current;
  private volatile boolean stopped;

  Laboratory(Console console, Bounds bounds, BiFunction<Scenario, Contender, Plot> plots) {
    this.console = console;
    this.bounds = bounds;
    this.plots = plots;
  }

  /** Explores; what was found so far if it is stopped. */
  ImmutableList<Exploration> explore(Subject subject, Collection<Contender> contenders) {
    ImmutableList.Builder<Exploration> explorations = ImmutableList.builder();
    for (Contender contender : contenders) {
      explorations.add(explore(subject, contender));
    }
    console.progressDone();
    return explorations.build();
  }

  private Exploration explore(Subject subject, Contender contender) {
    Explorer explorer = new Explorer(plots.apply(subject.scenario(), contender), bounds);
    current = explorer;
    if (stopped) {
      explorer.stop();
    }
    long begun = System.nanoTime();
    return explorer.explore(
        (schedules, states, left) ->
            console.progress(
                (int) Math.min(schedules, bounds.schedules()),
                bounds.schedules(),
                String.format(
                    "%s, %s: %,d states, %,d moves left, %,.0f schedules/s",
                    subject.name(),
                    contender,
                    states,
                    left,
                    schedules * 1e9 / Math.max(1, System.nanoTime() - begun))));
  }

  /** Ends what runs soon, and all that was to follow; called from any thread. */
  void stop() {
    stopped = true;
    Explorer running = current;
    if (running != null) {
      running.stop();
    }
  }
}
