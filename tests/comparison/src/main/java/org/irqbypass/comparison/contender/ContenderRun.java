package org.irqbypass.comparison.contender;

import com.google.common.base.Preconditions;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.List;
import org.irqbypass.comparison.account.Account;
import org.irqbypass.comparison.account.Accountant;
import org.irqbypass.comparison.account.Destination;
import org.irqbypass.comparison.account.Fact;
import org.irqbypass.comparison.account.Interrupt;
import org.irqbypass.comparison.narrative.Narrator;
import org.irqbypass.host.HostIrq;
import org.irqbypass.scenario.Execution;
import org.irqbypass.scenario.Operation;
import org.irqbypass.scenario.Outcome;
import org.irqbypass.scenario.Runner;
import org.irqbypass.scenario.Scenario;
import org.irqbypass.scenario.SimulatedHost;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.irqbypass.trace.TraceEvent;
import org.jspecify.annotations.Nullable;

/**
 * A contender's run of a scenario while it goes on: its host, what its userspace keeps in mind, and
 * what was seen so far. In which order steps are taken is up to the caller. For one thread.
 */
public final class ContenderRun implements Fingerprinted {
  private final Scenario scenario;
  private final Contender contender;
  private final SimulatedHost host;
  private final Runner runner;
  private final Wiring wiring;
  private final Observer observer;
  private final Narrator narrator;
  private final Forwarding forwarding;
  private final Accountant accountant = new Accountant();
  private int accounted;
  private final PairingLog log = new PairingLog();
  private final Execution.Builder execution = new Execution.Builder();
  private final List<Trial.StepNote> notes = new ArrayList<>();
  private int next;
  private boolean settles = true;
  private boolean remembers = true;
  private Observer.@Nullable Watch watch;
  private int interrupted;
  private StepListener listener = (step, host) -> {};

  /**
   * Begins a run on a host on which nothing has happened.
   *
   * @param scenario what to run
   * @param contender who runs it
   * @throws org.irqbypass.scenario.PlatformException if there is no such host
   */
  public ContenderRun(Scenario scenario, Contender contender) {
    this(scenario, contender, SimulatedHost.create(contender.hostFor(scenario)));
  }

  /**
   * Begins a run on a host of the caller's.
   *
   * @param scenario what to run
   * @param contender who runs it
   * @param host on which nothing has happened, with the contender's policy
   */
  public ContenderRun(Scenario scenario, Contender contender, SimulatedHost host) {
    this.scenario = scenario;
    this.contender = contender;
    this.host = host;
    this.runner = new Runner(host);
    this.wiring = new Wiring(scenario.devices());
    this.observer = new Observer(host, scenario.devices(), wiring);
    this.narrator = new Narrator(host.descriptors()::nameOf, observer::interruptOf);
    this.forwarding = new Forwarding(contender, this);
  }

  /** Has somebody look at the host after each step. Only the last one asked for is told. */
  public void listen(StepListener told) {
    listener = told;
  }

  /** Does not keep what is only told afterwards: {@link #trial()} tells no steps. */
  public void forget() {
    remembers = false;
  }

  /**
   * Whether deferred work is a step of its own, and belongs to other processors: it runs when it is
   * told to, or waited for. Unless it is, it runs after each step.
   *
   * @param deferred from now on
   */
  public void deferWork(boolean deferred) {
    settles = !deferred;
    if (deferred) {
      host.workQueue().runElsewhere();
    }
  }

  /**
   * Takes a step of the scenario.
   *
   * @param index its place
   * @return what it came to
   * @throws org.irqbypass.scenario.InputException if it makes no sense on the scenario's host
   */
  public Outcome written(int index) {
    Scenario.Step step = scenario.steps().get(index);
    log.before(wiring);
    Outcome outcome = step(step.actor(), step.operation(), null);
    log.after(index, step.operation(), outcome, wiring, host.descriptors());
    return outcome;
  }

  /**
   * Takes a step that is not the scenario's.
   *
   * @param actor who
   * @param operation what
   * @return what it came to
   */
  public Outcome besides(String actor, Operation operation) {
    return step(actor, operation, null);
  }

  /**
   * Takes a step.
   *
   * @param forwardingFor what asked for it, if it is there only for forwarding
   */
  Outcome step(String actor, Operation operation, @Nullable String forwardingFor) {
    boolean added = forwardingFor != null;
    watch = observer.watch(operation, added);
    Outcome outcome = settles ? runner.run(operation) : runner.runAlone(operation);
    // Pairings name the scenario's own steps, so the wiring counts those.
    wiring.note(log.step(), operation, outcome);
    int index = next++;
    ImmutableList<Fact> facts = watch.over(index, outcome);
    watch = null;
    Execution.Step taken;
    if (remembers) {
      taken = execution.add(actor, operation, outcome);
      notes.add(
          new Trial.StepNote(
              added,
              forwardingFor,
              narrator.tell(operation, outcome, added, Calls.isCall(operation), facts),
              facts));
    } else {
      taken = new Execution.Step(index, actor, operation, outcome, "");
    }
    listener.after(taken, host);
    return outcome;
  }

  /**
   * Interrupts the step that is under way: others are taken before it goes on.
   *
   * @param others returns when it is to go on
   */
  public void interrupt(Runnable others) {
    Observer.Watch mine = Preconditions.checkNotNull(watch, "no step is under way");
    ImmutableList<TraceEvent> shown = runner.interrupt();
    mine.interrupted(next, shown);
    watch = null;
    interrupted++;
    try {
      others.run();
    } finally {
      interrupted--;
    }
    watch = mine;
    runner.resume(shown);
  }

  /** Whether a step was begun that is not over. */
  public boolean isUnderWay() {
    return watch != null || interrupted > 0;
  }

  /** What userspace does only for forwarding. */
  public Forwarding forwarding() {
    return forwarding;
  }

  /** The host. */
  public SimulatedHost host() {
    return host;
  }

  /** The scenario. */
  public Scenario scenario() {
    return scenario;
  }

  /** What userspace has wired. */
  Wiring wiring() {
    return wiring;
  }

  /** What was seen. */
  Observer observer() {
    return observer;
  }

  /** What was paired. */
  PairingLog log() {
    return log;
  }

  /** Which device's interrupt a host interrupt is; null if none's. */
  public @Nullable Interrupt interruptOf(HostIrq irq) {
    return observer.interruptOf(irq);
  }

  /**
   * Whether an interrupt of the host is a line whose completion by the guest reaches VFIO without
   * userspace's help: bound to a guest's interrupt, with its resample eventfd unmasking it.
   */
  public boolean completesByItself(HostIrq irq) {
    Interrupt interrupt = observer.interruptOf(irq);
    if (interrupt == null || !wiring.isLevel(interrupt)) {
      return false;
    }
    Binding binding = wiring.binding(wiring.triggers().get(interrupt));
    return binding != null && binding.resample() != null && wiring.isResample(binding.resample());
  }

  /**
   * Whether no guest has taken an interrupt of a device's line since the device raised it.
   *
   * @param operation of the device
   */
  public boolean isUnserved(Operation operation) {
    Interrupt interrupt =
        operation.has("index")
            ? wiring.interrupt(operation, operation.u32("vector", 0))
            : wiring.line(operation.text("dev"));
    catchUp();
    return accountant.isUnserved(interrupt);
  }

  /**
   * Where a guest has taken an interrupt and not completed it yet.
   *
   * @param interrupt which
   */
  public ImmutableSet<Destination> inService(Interrupt interrupt) {
    catchUp();
    return accountant.inService(interrupt);
  }

  /** The account so far. */
  public Account account() {
    catchUp();
    return accountant.account();
  }

  private void catchUp() {
    List<Fact> facts = observer.facts();
    for (; accounted < facts.size(); accounted++) {
      accountant.take(facts.get(accounted));
    }
  }

  /** What happened so far. */
  public Trial trial() {
    return new Trial(
        contender,
        scenario.platform(),
        execution.build(),
        ImmutableList.copyOf(notes),
        ImmutableList.copyOf(observer.facts()));
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    runner.writeTo(sink);
    wiring.writeTo(sink);
    observer.writeTo(sink);
    catchUp();
    accountant.writeTo(sink);
    forwarding.writeTo(sink);
  }
}
