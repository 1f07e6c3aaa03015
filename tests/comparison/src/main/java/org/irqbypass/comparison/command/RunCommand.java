package org.irqbypass.comparison.command;

import java.util.Locale;
import java.util.concurrent.Callable;
import org.irqbypass.comparison.account.Account;
import org.irqbypass.comparison.catalogue.Subject;
import org.irqbypass.comparison.contender.Trial;
import org.irqbypass.comparison.contender.TrialRunner;
import org.irqbypass.comparison.cost.CostModel;
import org.irqbypass.comparison.cost.ModelledTime;
import org.irqbypass.comparison.cost.Timeline;
import org.irqbypass.comparison.narrative.Message;
import org.irqbypass.comparison.report.TextReport;
import org.irqbypass.comparison.storm.StormResult;
import org.irqbypass.scenario.Execution;
import org.irqbypass.scenario.Outcome;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Mixin;

/** Runs a scenario with one contender and shows each step. */
@Command(
    name = "run",
    description = "Runs a scenario with one contender and shows each step.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class)
final class RunCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private ScenarioArgument scenario = new ScenarioArgument();

  @Mixin private CostsOption costs = new CostsOption();

  @Mixin private ContenderOption contender = new ContenderOption();

  RunCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    CostModel model = costs.model();
    Subject subject = scenario.subject();
    Trial trial = TrialRunner.run(subject.scenario(), contender.contender());
    for (Execution.Step step : trial.execution().steps()) {
      show(step, trial.notes().get(step.index()));
    }
    Account account = trial.account();
    console
        .out()
        .printf(
            "%n%s with %s on %s: %d calls, %d of them only for forwarding; %d interrupts raised, %d"
                + " bypassed, %d delivered, %d lost, %d duplicated; exits: %d%n",
            subject.name(),
            contender.contender(),
            subject.scenario().platform(),
            account.calls(),
            account.forwardingCalls(),
            account.raised(),
            account.bypassed(),
            account.delivered(),
            account.lost(),
            account.duplicated(),
            account.exits().total());
    ModelledTime modelled = Timeline.of(trial, model).modelled();
    console
        .out()
        .printf(
            Locale.ROOT,
            "modelled, not measured: %.1f us, %.1f of them for calls; from raise to take %.1f us in"
                + " half of the cases, %.1f at most%n",
            modelled.nanos() / 1000.0,
            modelled.callNanos() / 1000.0,
            modelled.latency().p50() / 1000.0,
            modelled.latency().max() / 1000.0);
    boolean violated = account.lost() + account.duplicated() > 0 || storm(subject, model);
    return violated ? ExitStatus.VIOLATED : ExitStatus.OK;
  }

  /**
   * Shows the scenario at full size, if it says how large that is.
   *
   * @return whether something was not paired, or left behind
   */
  private boolean storm(Subject subject, CostModel model) {
    StormResult storm =
        Workbench.storm(subject.scenario(), model, what -> console.progress(0, 1, what));
    if (storm == null) {
      return false;
    }
    console.progressDone();
    console.out().println();
    console.out().print(new TextReport(console.terminal()).storm(storm));
    return !storm.isWhole();
  }

  private void show(Execution.Step step, Trial.StepNote note) {
    Outcome outcome = step.outcome();
    if (step.operation().name().equals("mark")) {
      console.out().println();
      console.out().println(styled("bold", step.operation().text("text", "")));
      return;
    }
    String sign = note.forwarding() ? "+" : " ";
    String line =
        String.format(
            "%4d %s %-6s %s", step.index(), sign, step.actor(), step.operation().toText());
    String result = outcome.errno() == null ? "" : "  = " + outcome.errno();
    console.out().println(note.forwarding() ? styled("magenta", line + result) : line + result);
    for (Message message : note.story().messages()) {
      console
          .out()
          .printf(
              "              %s -> %s: %s%n",
              message.from().title(), message.to().title(), message.text());
    }
  }

  private String styled(String style, String text) {
    // The text is not mark-up: only what stands around it is.
    String around = (console.terminal() ? Ansi.ON : Ansi.OFF).string("@|" + style + " \u0000|@");
    return around.replace("\u0000", text);
  }
}
