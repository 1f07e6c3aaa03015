package org.irqbypass.conformance.planted;

import com.google.common.collect.ImmutableList;
import java.util.Collections;
import java.util.Comparator;
import java.util.function.Supplier;
import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.comparison.explore.Bounds;
import org.irqbypass.comparison.explore.Counterexample;
import org.irqbypass.comparison.explore.Exploration;
import org.irqbypass.comparison.explore.Explorer;
import org.irqbypass.comparison.explore.Plot;
import org.irqbypass.comparison.explore.Promises;
import org.irqbypass.comparison.explore.Property;
import org.irqbypass.scenario.HostOptions;
import org.irqbypass.scenario.HostParts;
import org.irqbypass.scenario.Scenario;
import org.irqbypass.scenario.SimulatedHost;

/** Explores a scenario on hosts of which some parts are replaced. */
final class Exploring {
  private static final Contender CONTENDER = Contender.AUTOMATIC_LINUX;

  private Exploring() {}

  static Exploration explore(Scenario scenario, Supplier<HostParts> parts, Bounds bounds) {
    HostOptions options = CONTENDER.hostFor(scenario);
    ImmutableList<Property> properties =
        ImmutableList.<Property>builder()
            .addAll(Promises.bundled())
            .addAll(WatchfulProperties.all())
            .build();
    Plot plot =
        Plot.of(
            scenario,
            CONTENDER,
            properties,
            () -> SimulatedHost.create(options, StrictPlatform.with(parts.get())));
    return new Explorer(plot, bounds).explore((schedules, states, left) -> {});
  }

  /** The shortest of what was found, which is something. */
  static Counterexample shortest(ImmutableList<Counterexample> found) {
    return Collections.min(found, Comparator.comparingInt(Counterexample::decided));
  }
}
