package org.irqbypass.comparison.contender;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.irqbypass.comparison.account.Fact;
import org.irqbypass.comparison.account.Interrupt;
import org.irqbypass.comparison.narrative.Narrator;
import org.irqbypass.errno.Errno;
import org.irqbypass.eventfd.EventfdEvent;
import org.irqbypass.host.BypassMode;
import org.irqbypass.scenario.Execution;
import org.irqbypass.scenario.HostOptions;
import org.irqbypass.scenario.Operation;
import org.irqbypass.scenario.Outcome;
import org.irqbypass.scenario.Runner;
import org.irqbypass.scenario.Scenario;
import org.irqbypass.scenario.SimulatedHost;
import org.irqbypass.trace.TraceEvent;
import org.jspecify.annotations.Nullable;

/**
 * Runs a scenario for a contender, on a host of its own: the scenario's steps in their order, and
 * between them the calls that the contender adds. Used once, by one thread.
 */
public final class TrialRunner {
  /** How often {@code explicit-late} asks again before it gives up. */
  static final int MOST_RETRIES = 16;

  /** What a contender calls the KVM-VFIO device that it makes where the scenario has none. */
  private static final String OWN = "forwarder";

  private final Scenario scenario;
  private final Contender contender;
  private final Plan plan;
  private final SimulatedHost host;
  private final Runner runner;
  private final Wiring wiring;
  private final Observer observer;
  private final Narrator narrator;
  private final PairingLog log = new PairingLog();
  private final Execution.Builder execution = new Execution.Builder();
  private final List<Trial.StepNote> notes = new ArrayList<>();
  private int next;
  private StepListener listener = (step, host) -> {};

  /** Looks at the host after each step, and leaves it as it is. */
  @FunctionalInterface
  public interface StepListener {
    /**
     * A step was taken, and the deferred work it left.
     *
     * @param step what was run; its number counts the contender's own steps too
     * @param host as it is now
     */
    void after(Execution.Step step, SimulatedHost host);
  }

  /** What the contender does as soon as the VMM's thread comes to it. */
  private final List<Plan.Action> late = new ArrayList<>();

  /** What this contender has forwarded. */
  private final Map<Interrupt, Pairing> forwarded = new LinkedHashMap<>();

  /** What it will ask for again, and how often it has asked. */
  private final Map<Pairing, Integer> retries = new LinkedHashMap<>();

  /** The KVM-VFIO devices that it made itself, by VM. */
  private final Map<String, String> own = new HashMap<>();

  private TrialRunner(Scenario scenario, Contender contender, Plan plan) {
    this.scenario = scenario;
    this.contender = contender;
    this.plan = plan;
    this.host =
        SimulatedHost.create(HostOptions.of(scenario).withAutomatic(contender.automaticPolicy()));
    this.runner = new Runner(host);
    this.wiring = new Wiring(scenario.devices());
    this.observer = new Observer(host, scenario.devices(), wiring);
    this.narrator = new Narrator(host.descriptors()::nameOf, observer::interruptOf);
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
    TrialRunner runner = new TrialRunner(scenario, contender, planFor(scenario, contender));
    runner.listener = listener;
    return runner.run();
  }

  private static Plan planFor(Scenario scenario, Contender contender) {
    if (!contender.isExplicit()) {
      return Plan.none();
    }
    TrialRunner base = new TrialRunner(scenario, Contender.AUTOMATIC_LINUX, Plan.none());
    base.run();
    return Plan.of(
        contender,
        base.log.pairings(),
        base.log.situations(),
        base.host.interrupts().platform().bypass() == BypassMode.FORWARDED);
  }

  private Trial run() {
    ImmutableList<Scenario.Step> steps = scenario.steps();
    for (int i = 0; i < steps.size(); i++) {
      Scenario.Step step = steps.get(i);
      log.before(wiring);
      plan.before(i).forEach(this::act);
      if (step.operation().name().equals("vm.close")) {
        closeOwn(step.operation().text("vm"));
      }
      Outcome outcome = step(step.actor(), step.operation(), null);
      log.after(i, step.operation(), outcome, wiring, host.descriptors());
      late.addAll(plan.after(i));
      if (i + 1 == steps.size() || !steps.get(i + 1).meanwhile()) {
        catchUp();
      }
      retry(step, outcome);
    }
    return new Trial(contender, execution.build(), ImmutableList.copyOf(notes), observer.facts());
  }

  /** The VMM's thread does what it did not come to while others were faster. */
  private void catchUp() {
    late.forEach(this::act);
    late.clear();
  }

  private Outcome step(String actor, Operation operation, @Nullable String forwardingFor) {
    int index = next++;
    observer.before(operation);
    Outcome outcome = runner.run(operation);
    // Pairings name the scenario's own steps, so the wiring counts those.
    wiring.note(log.step(), operation, outcome);
    Execution.Step taken = execution.add(actor, operation, outcome);
    boolean forwarding = forwardingFor != null;
    ImmutableList<Fact> facts = observer.after(index, operation, outcome, forwarding);
    notes.add(
        new Trial.StepNote(
            forwarding,
            forwardingFor,
            narrator.tell(operation, outcome, forwarding, Calls.isCall(operation), facts),
            facts));
    listener.after(taken, host);
    return outcome;
  }

  private void act(Plan.Action action) {
    Pairing pairing = action.pairing();
    switch (action.kind()) {
      case FORWARD -> forward(pairing, action.why());
      case REISSUE -> {
        if (forwarded.containsKey(pairing.interrupt())) {
          if (Wiring.isWired(pairing.interrupt())) {
            unforward(pairing, action.why());
          }
          forward(pairing, action.why());
        }
      }
      case UNFORWARD -> {
        retries.remove(pairing);
        if (forwarded.containsKey(pairing.interrupt())) {
          unforward(pairing, action.why());
        }
      }
    }
  }

  private void forward(Pairing pairing, String why) {
    Interrupt interrupt = pairing.interrupt();
    String device = forwarderOf(pairing);
    Outcome outcome =
        step(
            "vmm",
            irqAttribute(device, "FORWARD", interrupt).with("gsis", pairing.binding().gsi()),
            why);
    if (outcome.succeeded()) {
      forwarded.put(interrupt, pairing);
      retries.remove(pairing);
    } else if (outcome.errno() == Errno.EAGAIN && contender == Contender.EXPLICIT_LATE) {
      int asked = retries.merge(pairing, 1, Integer::sum);
      if (asked > MOST_RETRIES) {
        retries.remove(pairing);
        observer.gaveUp(interrupt);
      }
    } else {
      retries.remove(pairing);
    }
  }

  private void unforward(Pairing pairing, String why) {
    forwarded.remove(pairing.interrupt());
    step("vmm", irqAttribute(forwarderOf(pairing), "UNFORWARD", pairing.interrupt()), why);
  }

  private static Operation irqAttribute(String device, String attribute, Interrupt interrupt) {
    boolean platform = interrupt.index().equals("IRQ");
    return Operation.of(
        "kv.set",
        "kv",
        device,
        "group",
        "DEVICE",
        "attr",
        attribute,
        "dev",
        interrupt.device(),
        "index",
        platform ? Integer.toString(interrupt.vector()) : interrupt.index(),
        "start",
        platform ? 0 : interrupt.vector(),
        "count",
        1);
  }

  /** The KVM-VFIO device to ask, with the interrupt's group added: the scenario's own, or ours. */
  private String forwarderOf(Pairing pairing) {
    String vm = pairing.binding().vm();
    String device = pairing.interrupt().device();
    String existing = wiring.situation().forwarders().get(vm);
    if (existing == null) {
      existing = OWN + (own.isEmpty() ? "" : Integer.toString(own.size() + 1));
      own.put(vm, existing);
      step(
          "vmm",
          Operation.of("kv.create", "vm", vm, "kv", existing),
          "the scenario has no KVM-VFIO device to ask");
    }
    if (!wiring.hasGroup(vm, device)) {
      step(
          "vmm",
          Operation.of(
              "kv.set",
              "kv",
              existing,
              "group",
              "GROUP",
              "attr",
              "ADD",
              "fd",
              wiring.group(device)),
          "forwarding needs the device's group");
    }
    return existing;
  }

  private void closeOwn(String vm) {
    String device = own.remove(vm);
    if (device != null) {
      step(
          "vmm",
          Operation.of("kv.close", "kv", device),
          "the KVM-VFIO device was made only for forwarding");
    }
  }

  /** Asks again for what was refused, whenever userspace is told of a completion. */
  private void retry(Scenario.Step step, Outcome outcome) {
    for (Pairing pairing : ImmutableList.copyOf(retries.keySet())) {
      String resample = pairing.binding().resample();
      boolean told =
          resample == null
              ? Calls.isCall(step.operation())
              : outcome.events().stream().anyMatch(event -> isSignalOf(event, resample));
      if (told) {
        forward(pairing, "refused before; the guest has completed an interrupt since");
      }
    }
  }

  private boolean isSignalOf(TraceEvent event, String eventfd) {
    return event instanceof EventfdEvent.Signal signal
        && PairingLog.baseName(host.descriptors().nameOf(signal.eventfd())).equals(eventfd);
  }
}
