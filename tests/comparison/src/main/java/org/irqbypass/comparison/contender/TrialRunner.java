package org.irqbypass.comparison.contender;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import org.irqbypass.scenario.Outcome;
import org.irqbypass.scenario.Scenario;

/**
 * Runs a scenario for a contender, on a host of its own: the scenario's steps in the order in which
 * they are written, the deferred work of each after it, and between them the calls that the
 * contender adds.
 */
public final class TrialRunner {
  private final ContenderRun run;
  private final Plan plan;

  /** What the contender does as soon as the VMM's thread comes to it. */
  private final List<Plan.Action> late = new ArrayList<>();

  private TrialRunner(ContenderRun run, Plan plan) {
    this.run = run;
    this.plan = plan;
  }

  /**
   * Runs what automatic contenders run, and derives what explicit ones add.
   *
   * @param scenario what to run
   * @param contender who runs it
   * @return what happened
   * @throws org.irqbypass.scenario.InputException if a step makes no sense on the scenario's host
   * @throws org.irqbypass.scenario.PlatformException if there is no such host
   */
  public static Trial run(Scenario scenario, Contender contender) {
    return run(scenario, contender, (step, host) -> {});
  }

  /**
   * Runs a scenario under the eyes of somebody.
   *
   * @param scenario what to run
   * @param contender who runs it
   * @param listener is shown the host after each step
   * @return what happened
   * @throws org.irqbypass.scenario.InputException if a step makes no sense on the scenario's host
   * @throws org.irqbypass.scenario.PlatformException if there is no such host
   */
  public static Trial run(Scenario scenario, Contender contender, StepListener listener) {
    Plan plan = Plan.of(scenario, contender);
    ContenderRun run = new ContenderRun(scenario, contender);
    run.listen(listener);
    new TrialRunner(run, plan).take(0, scenario.steps().size());
    return run.trial();
  }

  /**
   * Takes some of a scenario's steps in the order in which they are written.
   *
   * @param run of which
   * @param plan what the contender adds
   * @param from the first step
   * @param to the step before which to stop
   */
  public static void take(ContenderRun run, Plan plan, int from, int to) {
    new TrialRunner(run, plan).take(from, to);
  }

  private void take(int from, int to) {
    ImmutableList<Scenario.Step> steps = run.scenario().steps();
    for (int i = from; i < to; i++) {
      Scenario.Step step = steps.get(i);
      plan.before(i).forEach(this::act);
      if (step.operation().name().equals("vm.close")
          && run.forwarding().hasOwn(step.operation().text("vm"))) {
        run.forwarding().closeOwn(step.operation().text("vm"));
      }
      Outcome outcome = run.written(i);
      late.addAll(plan.after(i));
      if (i + 1 == steps.size() || !steps.get(i + 1).meanwhile()) {
        late.forEach(this::act);
        late.clear();
      }
      run.forwarding().noteCompletions(step.operation(), outcome);
      while (run.forwarding().hasRetry()) {
        run.forwarding().retry();
      }
    }
  }

  private void act(Plan.Action action) {
    Forwarding forwarding = run.forwarding();
    forwarding.begin(action);
    while (forwarding.hasCall()) {
      forwarding.call();
    }
  }
}
