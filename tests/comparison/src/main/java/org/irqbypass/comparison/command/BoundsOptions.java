package org.irqbypass.comparison.command;

import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.comparison.explore.Bounds;
import org.irqbypass.comparison.explore.Plot;
import org.irqbypass.comparison.explore.Promises;
import org.irqbypass.scenario.Scenario;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How far to explore, and how. */
final class BoundsOptions {
  @Option(
      names = "--max-schedules",
      paramLabel = "N",
      defaultValue = "20000",
      description = "Play at most this many schedules; ${DEFAULT-VALUE} unless given.")
  private int schedules;

  @Option(
      names = "--max-states",
      paramLabel = "N",
      defaultValue = "" + Bounds.MOST_STATES,
      description =
          "Keep at most this many states, of some 500 bytes each; ${DEFAULT-VALUE} unless given.")
  private int states;

  @Option(
      names = "--max-seconds",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Take at most this long for each contender; as long as it takes unless given. What is"
              + " found in a time depends on the machine.")
  private int seconds;

  @Option(
      names = "--preemptions",
      paramLabel = "N",
      defaultValue = "-1",
      description = "Interrupt actors that could go on at most this often; any number if -1.")
  private int preemptions;

  @Option(
      names = "--walks",
      paramLabel = "N",
      defaultValue = "1000",
      description = "Draw this many orders at random if not all are explored; ${DEFAULT-VALUE}.")
  private int walks;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "The seed of these; ${DEFAULT-VALUE} unless given.")
  private long seed;

  @Option(
      names = "--reduction",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description =
          "Take as known that steps which have nothing to do with each other can change places"
              + " (--no-reduction: try).")
  private boolean reduced;

  @Option(
      names = "--merging",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description =
          "Go on only once from a state that several orders lead to (--no-merging: each time).")
  private boolean merged;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "How many threads; all processors unless given. The result does not depend on it.")
  private int threads;

  @Option(
      names = "--fine",
      description =
          "Interrupt calls and deferred work in their middle too, where Linux would take a mutex"
              + " or may sleep; unless given each is one step.")
  private boolean fine;

  @Spec(Spec.Target.MIXEE)
  @SuppressWarnings("NullAway.Init") // picocli sets it before anything runs
  private CommandSpec spec;

  BoundsOptions() {}

  /** The bounds. */
  Bounds bounds() {
    atLeast("--max-schedules", schedules, 1);
    atLeast("--max-states", states, 1);
    atLeast("--max-seconds", seconds, 0);
    atLeast("--preemptions", preemptions, -1);
    atLeast("--walks", walks, 0);
    atLeast("--threads", threads, 0);
    return new Bounds(
        schedules,
        states,
        seconds,
        preemptions,
        reduced,
        merged,
        walks,
        seed,
        threads == 0 ? Runtime.getRuntime().availableProcessors() : threads);
  }

  /** What is played, in steps as fine as it is to be. */
  Plot plot(Scenario scenario, Contender contender) {
    Plot plot = Plot.of(scenario, contender, Promises.all());
    return fine ? plot.finely() : plot;
  }

  private void atLeast(String option, int value, int least) {
    if (value < least) {
      throw new ParameterException(
          spec.commandLine(), option + " is " + value + ", expected " + least + " or more");
    }
  }
}
