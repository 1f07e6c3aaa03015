package org.irqbypass.benchmarks.measure;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.comparison.explore.Bounds;
import org.irqbypass.comparison.explore.Coverage;
import org.irqbypass.comparison.explore.Exploration;
import org.irqbypass.comparison.explore.Explorer;
import org.irqbypass.comparison.explore.Moment;
import org.irqbypass.comparison.explore.Plot;
import org.irqbypass.comparison.explore.Property;
import org.irqbypass.scenario.Execution;
import org.irqbypass.scenario.HostOptions;
import org.irqbypass.scenario.Scenario;
import org.irqbypass.scenario.SimulatedHost;
import org.jspecify.annotations.Nullable;

/**
 * The registry's protocol, explored on the real classes: three producers and three consumers share
 * two tokens, each comes and goes twice, and two devices raise twice, in any order.
 *
 * <p>Spin explored it as a model of 23.4 million states, in which a call is several steps under one
 * lock. Here it is one step, since nobody sees it half done: so there are fewer states, of the same
 * orders and the same promises.
 */
public final class RegistryProtocol {
  private static final String FILE = "registry-protocol.yaml";
  private static final int TOKENS = 2;
  private static final int THREADS = 2;

  /**
   * What a count by hand comes to: 7,131 of what shares the first token, times 123 of the second,
   * and 9 ends, by who delivered what was raised.
   */
  private static final int STATES = 7_131 * 123 + 9;

  private static final ImmutableList<Property> PROMISES =
      ImmutableList.of(
          new Promise("nothing-lost", RegistryProtocol::lost),
          new Promise("a-token-connects-one-pair", RegistryProtocol::crowded),
          new Promise("who-is-stopped-is-started", RegistryProtocol::stopped));

  private RegistryProtocol() {}

  /**
   * How fast it was explored.
   *
   * @param seconds wall time, to the verdict
   * @param states how many states were seen
   * @param schedules how often it was played from the beginning
   */
  public record Speed(double seconds, long states, long schedules) {}

  /**
   * Explores it completely, with reduction.
   *
   * @return how fast
   * @throws IllegalStateException if a promise is broken, or it was not all
   */
  public static Speed verdict() {
    Speed speed = explore(bounds(Integer.MAX_VALUE, true), true);
    Check.equal(speed.states(), STATES, "states");
    return speed;
  }

  /**
   * Explores some of it, trying each step from each state.
   *
   * @param states about how many
   * @return how fast
   * @throws IllegalStateException if a promise is broken
   */
  public static Speed part(int states) {
    return explore(bounds(states, false), false);
  }

  private static Bounds bounds(int states, boolean reduced) {
    return new Bounds(Integer.MAX_VALUE, 0, -1, reduced, true, 0, 1, THREADS).withStates(states);
  }

  private static Speed explore(Bounds bounds, boolean all) {
    Scenario scenario = scenario();
    HostOptions options = Contender.AUTOMATIC_LINUX.hostFor(scenario).withTracing(false);
    Plot plot =
        Plot.of(scenario, Contender.AUTOMATIC_LINUX, PROMISES, () -> SimulatedHost.create(options));
    long begin = System.nanoTime();
    Exploration found = new Explorer(plot, bounds).explore((schedules, states, left) -> {});
    double seconds = (System.nanoTime() - begin) / 1e9;
    Check.that(found.violations().isEmpty(), "the registry keeps " + PROMISES);
    Coverage coverage = found.coverage();
    Check.that(coverage.complete() || !all, "all was explored");
    return new Speed(seconds, coverage.states(), coverage.schedules());
  }

  private static Scenario scenario() {
    try (InputStream file = RegistryProtocol.class.getResourceAsStream(FILE)) {
      if (file == null) {
        throw new IllegalStateException(FILE + " is not in the jar");
      }
      return Scenario.read(FILE, file);
    } catch (IOException unreadable) {
      throw new IllegalStateException(FILE + " cannot be read", unreadable);
    }
  }

  /** Looks at what a step came to. */
  @FunctionalInterface
  private interface Look {
    @Nullable String at(Execution.Step step, Moment moment);
  }

  private record Promise(String name, Look look) implements Property {
    @Override
    public @Nullable String violation(Moment moment) {
      Execution.Step step = moment.lastStep();
      return step == null ? null : look.at(step, moment);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private static @Nullable String lost(Execution.Step step, Moment moment) {
    long raised = out(step, "raised");
    long delivered = out(step, "bypassed") + out(step, "host");
    return raised == delivered ? null : raised + " were raised and " + delivered + " delivered";
  }

  private static long out(Execution.Step step, String name) {
    return step.outcome().out().get(name) instanceof Long number ? number : 0;
  }

  private static @Nullable String crowded(Execution.Step step, Moment moment) {
    long pairs = moment.host().registry().connected();
    return pairs <= TOKENS ? null : pairs + " pairs are connected by " + TOKENS + " tokens";
  }

  private static @Nullable String stopped(Execution.Step step, Moment moment) {
    if (!(step.outcome().out().get("calls") instanceof List<?> calls)) {
      return null;
    }
    int stopped = 0;
    for (Object call : calls) {
      String text = call.toString();
      stopped += text.endsWith(".stop") ? 1 : text.endsWith(".start") ? -1 : 0;
    }
    return stopped == 0 ? null : "a step leaves somebody stopped: " + calls;
  }
}
