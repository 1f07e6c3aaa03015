package org.irqbypass.faults;

import com.google.common.collect.ImmutableList;
import com.google.common.hash.HashCode;
import java.util.ArrayList;
import java.util.List;
import org.irqbypass.comparison.explore.StateFingerprint;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.scenario.HostOptions;
import org.irqbypass.scenario.InputException;
import org.irqbypass.scenario.Operation;
import org.irqbypass.scenario.Outcome;
import org.irqbypass.scenario.Runner;
import org.irqbypass.scenario.Scenario;
import org.irqbypass.scenario.SimulatedHost;
import org.jspecify.annotations.Nullable;

/**
 * Fails every fault point of every step of a scenario in turn, each on a host of its own, and goes
 * on with that host: the step again, the rest of the scenario, the end, and then the whole scenario
 * once more.
 */
final class FaultTrial {
  /** What a step came to: what it answered, or what was thrown out of it or its deferred work. */
  private record Result(@Nullable Outcome outcome, List<Throwable> thrown, boolean byTheCall) {
    boolean refused() {
      return outcome != null && !outcome.succeeded();
    }

    /**
     * Whether a host that was used before answers like a new one. A wired edge that came while
     * nobody listened stays latched: its vector may come once more.
     */
    boolean agrees(Result expected) {
      if (outcome == null || expected.outcome == null || !thrown.isEmpty()) {
        return false;
      }
      return outcome.result().equals(expected.outcome.result())
          && (expected.outcome.out().get("vectors") instanceof List<?> vectors
              ? outcome.out().get("vectors") instanceof List<?> got && got.containsAll(vectors)
              : outcome.out().keySet().equals(expected.outcome.out().keySet()));
    }

    @Override
    public String toString() {
      return (outcome == null ? "no answer" : outcome.toString())
          + (thrown.isEmpty() ? "" : thrown);
    }
  }

  /** What happens when nothing fails. */
  private record Reference(
      List<Result> results, List<HashCode> states, List<ImmutableList<FaultPoint>> points) {}

  /** A host under test. */
  private static final class Bench {
    final FaultPoints points = new FaultPoints();
    final SimulatedHost host;
    final Runner runner;

    Bench(HostOptions options) {
      host = SimulatedHost.create(options.withTracing(false), new FaultyParts(points));
      runner = new Runner(host);
      host.trace()
          .listen(
              (nanos, event) ->
                  points.reach(FaultPoint.Kind.LISTENER, event.getClass().getSimpleName()));
      points.attach();
    }

    Result run(Operation operation) {
      List<Throwable> thrown = new ArrayList<>();
      Outcome outcome = null;
      try {
        outcome = runner.runAlone(operation);
      } catch (InputException senseless) {
        throw senseless;
      } catch (RuntimeException | Error fault) {
        thrown.add(fault);
      }
      for (int tries = 0; !host.workQueue().queued().isEmpty() && tries < 100; tries++) {
        try {
          host.workQueue().runAll();
        } catch (RuntimeException | Error fault) {
          thrown.add(fault);
        }
      }
      return new Result(outcome, thrown, outcome == null);
    }

    HashCode state() {
      return StateFingerprint.of(
          sink -> {
            runner.writeTo(sink);
            sink.put(host.descriptorTable().open())
                .put(host.registry().registered())
                .put(host.registry().connected());
            host.devices().values().forEach(device -> sink.put(device.group().isOpen()));
          });
    }

    /** A process ends: whatever it has open is closed, by name or not. */
    Result end() {
      Result end = run(Operation.parse("teardown"));
      for (int fd = 0; host.descriptorTable().open() != 0; fd++) {
        try {
          host.descriptorTable().close(fd);
        } catch (ErrnoException notOpen) {
          // Nothing was open there.
        }
      }
      return end;
    }
  }

  private final Scenario scenario;
  private final HostOptions options;
  private final ImmutableList<Operation> steps;
  private final Findings findings;

  FaultTrial(Scenario scenario, HostOptions options, Findings findings) {
    this.scenario = scenario;
    this.options = options;
    this.findings = findings;
    this.steps =
        scenario.steps().stream()
            .map(Scenario.Step::operation)
            .collect(ImmutableList.toImmutableList());
  }

  /** Tries every point; of a long scenario every so many. */
  void run(int stride) {
    LibraryAgent.install();
    try {
      Reference reference = reference();
      int number = 0;
      for (int step = 0; step < steps.size(); step++) {
        ImmutableList<FaultPoint> points = reference.points().get(step);
        for (int point = 0; point < points.size(); point++) {
          for (Fault fault : points.get(point).kind().faults()) {
            if (number++ % stride == 0) {
              fail(reference, step, point, points.get(point), fault);
            }
          }
        }
      }
    } finally {
      FaultPoints.detach();
    }
  }

  private Reference reference() {
    Reference reference = new Reference(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    Bench bench = new Bench(options);
    reference.states().add(bench.state());
    for (Operation step : steps) {
      bench.points.open();
      Result result = bench.run(step);
      bench.points.close();
      reference.results().add(result);
      reference.points().add(bench.points.reached());
      reference.states().add(bench.state());
      List<String> wrong = Books.audit(bench.host, false);
      if (!result.thrown().isEmpty() || !wrong.isEmpty()) {
        throw new AssertionError(step + " without any fault: " + result + " " + wrong);
      }
    }
    List<String> left = Books.leftovers(bench.host, false);
    if (!left.isEmpty()) {
      throw new AssertionError(scenario.name() + " without any fault leaves " + left);
    }
    return reference;
  }

  private void fail(Reference reference, int step, int number, FaultPoint point, Fault fault) {
    Finding finding =
        new Finding(scenario.name(), options.platform(), step, steps.get(step), point, fault);
    Bench bench = new Bench(options);
    for (int i = 0; i < step; i++) {
      bench.run(steps.get(i));
    }
    bench.points.open(number, fault);
    Result result = bench.run(steps.get(step));
    bench.points.close();
    findings.tried(point);
    for (Throwable thrown : result.thrown()) {
      if (!Fault.isPlanted(thrown)) {
        findings.found(finding, "threw something else", thrown);
      }
    }
    HashCode state = bench.state();
    boolean before = state.equals(reference.states().get(step));
    boolean after = state.equals(reference.states().get(step + 1));
    findings.ended(result.refused(), !result.thrown().isEmpty(), before, after);
    report(finding, "does not balance", Books.audit(bench.host, finding.leavesSomething()));
    Result again = bench.run(steps.get(step));
    boolean like = bench.state().equals(reference.states().get(step + 1));
    judge(finding, result, before, after, !again.refused() && like);
    goOn(bench, reference, step, finding, before, again);
  }

  /**
   * A call that failed has changed nothing, or has done all of it, by what kind of call it is. That
   * a side says afterwards who refused it is no change: when the call is made again, and succeeds,
   * everything is as if it had never failed.
   */
  private void judge(Finding finding, Result result, boolean before, boolean after, boolean like) {
    if (!result.refused() && !result.byTheCall()) {
      return;
    }
    if (Calls.makes(finding.operation()) && !before && !like && !finding.isFollowedLater()) {
      findings.found(finding, "failed, and something has changed: " + result, null);
    } else if (Calls.givesBack(finding.operation())
        && !before
        && !after
        && !finding.leavesSomething()) {
      findings.found(finding, "failed, and not everything was given back: " + result, null);
    }
  }

  private void goOn(
      Bench bench,
      Reference reference,
      int step,
      Finding finding,
      boolean before,
      Result repeated) {
    for (int i = step; i < steps.size(); i++) {
      Result again = i == step ? repeated : bench.run(steps.get(i));
      Result expected = reference.results().get(i);
      if (!again.thrown().isEmpty()) {
        findings.found(finding, "later " + steps.get(i) + " threw", again.thrown().get(0));
      } else if (before && !String.valueOf(expected).equals(String.valueOf(again))) {
        findings.found(
            finding,
            "nothing had changed, but " + steps.get(i) + ": " + again + ", not " + expected,
            null);
        before = false;
      }
    }
    Result end = bench.end();
    if (!end.thrown().isEmpty()) {
      findings.found(finding, "teardown threw", end.thrown().get(0));
    }
    report(finding, "leaves behind", Books.leftovers(bench.host, finding.leavesSomething()));
    for (int i = 0; i < steps.size(); i++) {
      Result again = bench.run(steps.get(i));
      Result expected = reference.results().get(i);
      if (!again.agrees(expected)) {
        findings.found(
            finding,
            "a second time " + steps.get(i) + ": " + again + ", not " + expected,
            again.thrown().isEmpty() ? null : again.thrown().get(0));
        return;
      }
    }
  }

  private void report(Finding finding, String what, List<String> wrong) {
    if (!wrong.isEmpty()) {
      findings.found(finding, what + ": " + wrong, null);
    }
  }

  /** Where something was failed. */
  record Finding(
      String scenario,
      String platform,
      int step,
      Operation operation,
      FaultPoint point,
      Fault fault) {
    /** A new table is in force, and what could not be programmed for it is the host's meanwhile. */
    boolean isFollowedLater() {
      boolean programming =
          point.kind() == FaultPoint.Kind.PLATFORM
              || point.name().endsWith("new GuestModeEntry")
              || point.name().endsWith("new VirtualLpi");
      return programming && operation.name().equals("kvm.routing");
    }

    /**
     * Hardware that could not be taken back is told, and no more: nobody could do anything else. A
     * shutdown that no queue takes, or for which there is no memory, is left to the next call that
     * waits for shutdowns.
     */
    boolean leavesSomething() {
      return (point.kind() == FaultPoint.Kind.PLATFORM
              && point.name().equals(FaultyParts.TAKE_BACK))
          || (point.kind() == FaultPoint.Kind.WORK && point.name().equals("irqfd_shutdown"))
          || point.name().endsWith("new Work");
    }

    @Override
    public String toString() {
      return fault + " at " + point + " in " + operation + " (" + scenario + "/" + platform + " "
          + step + ")";
    }
  }
}
