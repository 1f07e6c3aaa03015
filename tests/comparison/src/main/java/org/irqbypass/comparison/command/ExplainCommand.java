package org.irqbypass.comparison.command;

import com.google.common.base.Joiner;
import com.google.common.collect.ImmutableList;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.irqbypass.comparison.catalogue.Subject;
import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.comparison.contender.TrialRunner;
import org.irqbypass.comparison.explain.Cause;
import org.irqbypass.comparison.explain.Explainer;
import org.irqbypass.comparison.explain.Explanation;
import org.irqbypass.comparison.explain.Hop;
import org.irqbypass.scenario.Execution;
import org.irqbypass.scenario.InputException;
import org.irqbypass.scenario.Position;
import org.irqbypass.scenario.SimulatedHost;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Says of each interrupt which way it goes, and why. */
@Command(
    name = "explain",
    description = "Says of each interrupt which way it goes, which hop is slow, and why.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class)
final class ExplainCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private ScenarioArgument scenario = new ScenarioArgument();

  @Option(
      names = "--at",
      paramLabel = "STEP",
      description =
          "After this step, numbered as run numbers them with the same contender; the last"
              + " moment at which most interrupts are set up, unless given.")
  private @Nullable Integer at;

  @Option(
      names = "--contender",
      paramLabel = "CONTENDER",
      defaultValue = "automatic-linux",
      description = "Who runs it: ${COMPLETION-CANDIDATES}; ${DEFAULT-VALUE} unless given.",
      converter = ContenderConverter.class,
      completionCandidates = SubjectNames.Contenders.class)
  private Contender contender = Contender.AUTOMATIC_LINUX;

  /** What was seen at the moment to be explained. */
  private ImmutableList<Explanation> seen = ImmutableList.of();

  private int seenAt = -1;
  private int steps;

  ExplainCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Subject subject = scenario.subject();
    TrialRunner.run(subject.scenario(), contender, this::look);
    if (seenAt < 0) {
      throw new InputException(
          new Position(subject.name(), 0, 0),
          at == null
              ? "no device is open at any step"
              : "there is no step " + at + ", expected 0 to " + (steps - 1));
    }
    console
        .out()
        .printf(
            "%s with %s on %s, after step %d%n",
            subject.name(), contender, subject.scenario().platform(), seenAt);
    seen.stream().filter(one -> one.cause() != Cause.NOT_SET_UP).forEach(this::show);
    showNotSetUp();
    return ExitStatus.OK;
  }

  private void look(Execution.Step taken, SimulatedHost host) {
    int step = taken.index();
    steps = step + 1;
    if (at != null) {
      if (step == at) {
        seen = Explainer.explain(host);
        seenAt = step;
      }
      return;
    }
    ImmutableList<Explanation> now = Explainer.explain(host);
    if (!now.isEmpty() && wired(now) >= wired(seen)) {
      seen = now;
      seenAt = step;
    }
  }

  /** How much there is to explain: an interrupt with an irqfd counts more than any without. */
  private static long wired(ImmutableList<Explanation> explanations) {
    long ways = 0;
    for (Explanation explanation : explanations) {
      if (explanation.irqfd() != null) {
        ways += explanations.size() + 1;
      } else if (explanation.cause() != Cause.NOT_SET_UP) {
        ways++;
      }
    }
    return ways;
  }

  private void show(Explanation explanation) {
    Cause cause = explanation.cause();
    console
        .out()
        .printf(
            "%n%s: %s%s: %s%n",
            explanation.interrupt(),
            cause,
            explanation.errno() == null ? "" : " (" + explanation.errno() + ")",
            cause.meaning());
    for (Hop hop : explanation.hops()) {
      console
          .out()
          .printf(
              "  %-5s %-9s %s%n",
              hop.pace() == Hop.Pace.FAST ? "" : hop.pace().name().toLowerCase(Locale.ROOT),
              hop.stage().name().toLowerCase(Locale.ROOT),
              hop.text());
    }
    if (!cause.isFast()) {
      console.out().println("  to make it fast: " + cause.remedy());
    }
  }

  /** Vectors that are not set up, in one line for each index. */
  private void showNotSetUp() {
    Map<String, Integer> counts = new LinkedHashMap<>();
    for (Explanation explanation : seen) {
      if (explanation.cause() == Cause.NOT_SET_UP) {
        counts.merge(
            explanation.interrupt().device() + " " + explanation.interrupt().index(),
            1,
            Integer::sum);
      }
    }
    if (!counts.isEmpty()) {
      console.out().println();
      console
          .out()
          .println("Not set up: " + Joiner.on(", ").withKeyValueSeparator(": ").join(counts));
    }
  }
}
