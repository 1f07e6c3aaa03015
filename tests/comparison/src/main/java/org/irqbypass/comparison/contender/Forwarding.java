package org.irqbypass.comparison.contender;

import com.google.common.collect.ImmutableList;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.irqbypass.comparison.account.Interrupt;
import org.irqbypass.errno.Errno;
import org.irqbypass.eventfd.EventfdEvent;
import org.irqbypass.scenario.Operation;
import org.irqbypass.scenario.Outcome;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.irqbypass.trace.TraceEvent;

/**
 * What an explicit userspace does only for forwarding, call by call, and what it keeps in mind for
 * that: what it has forwarded, what was refused and is to be asked for again. An automatic one has
 * nothing to do here. For one thread.
 */
public final class Forwarding implements Fingerprinted {
  /** How often {@code explicit-late} asks again before it gives up. */
  static final int MOST_RETRIES = 16;

  /** What a contender calls the KVM-VFIO device that it makes where the scenario has none. */
  private static final String OWN = "forwarder";

  private final Contender contender;
  private final ContenderRun run;

  /** What the VMM's thread has set out to do, in one or more calls each. */
  private final Deque<Plan.Action> tasks = new ArrayDeque<>();

  private final Map<Interrupt, Pairing> forwarded = new TreeMap<>();

  /** What will be asked for again, and how often it was. */
  private final Map<Pairing, Integer> retries = new LinkedHashMap<>();

  /** What of that is to be asked for now: userspace was told of a completion. */
  private final Set<Pairing> told = new LinkedHashSet<>();

  /** The KVM-VFIO devices that were made only for forwarding, by VM. */
  private final Map<String, String> own = new TreeMap<>();

  Forwarding(Contender contender, ContenderRun run) {
    this.contender = contender;
    this.run = run;
  }

  /**
   * The VMM comes to a part of its plan: what that takes is to be called next.
   *
   * @param action what to do
   */
  public void begin(Plan.Action action) {
    if (action.kind() == Plan.Kind.UNFORWARD) {
      forget(action.pairing());
    }
    tasks.add(action);
  }

  /** Whether the VMM's thread has set out to make a call. */
  public boolean hasCall() {
    while (!tasks.isEmpty() && isSuperfluous(tasks.element())) {
      tasks.remove();
    }
    return !tasks.isEmpty();
  }

  private boolean isSuperfluous(Plan.Action task) {
    return task.kind() != Plan.Kind.FORWARD && !forwarded.containsKey(task.pairing().interrupt());
  }

  /**
   * Makes the next call.
   *
   * @throws java.util.NoSuchElementException if there is none
   */
  public void call() {
    Plan.Action task = tasks.element();
    Pairing pairing = task.pairing();
    String vm = pairing.binding().vm();
    String forwarder = run.wiring().situation().forwarders().get(vm);
    if (forwarder == null) {
      create(vm);
    } else if (!run.wiring().hasGroup(vm, pairing.interrupt().device())) {
      addGroup(forwarder, pairing.interrupt().device());
    } else {
      tasks.remove();
      switch (task.kind()) {
        case FORWARD -> forward(forwarder, pairing, task.why());
        case UNFORWARD -> unforward(forwarder, pairing, task.why());
        case REISSUE -> {
          if (Wiring.isWired(pairing.interrupt())) {
            unforward(forwarder, pairing, task.why());
            tasks.addFirst(new Plan.Action(Plan.Kind.FORWARD, pairing, task.why()));
          } else {
            forward(forwarder, pairing, task.why());
          }
        }
      }
    }
  }

  private void create(String vm) {
    String device = OWN + (own.isEmpty() ? "" : Integer.toString(own.size() + 1));
    own.put(vm, device);
    run.step(
        "vmm",
        Operation.of("kv.create", "vm", vm, "kv", device),
        "the scenario has no KVM-VFIO device to ask");
  }

  private void addGroup(String forwarder, String device) {
    run.step(
        "vmm",
        Operation.of(
            "kv.set",
            "kv",
            forwarder,
            "group",
            "GROUP",
            "attr",
            "ADD",
            "fd",
            run.wiring().group(device)),
        "forwarding needs the device's group");
  }

  private void forward(String forwarder, Pairing pairing, String why) {
    Interrupt interrupt = pairing.interrupt();
    Outcome outcome =
        run.step(
            "vmm",
            irqAttribute(forwarder, "FORWARD", interrupt).with("gsis", pairing.binding().gsi()),
            why);
    if (outcome.succeeded()) {
      forwarded.put(interrupt, pairing);
      forget(pairing);
    } else if (outcome.errno() == Errno.EAGAIN && contender == Contender.EXPLICIT_LATE) {
      if (retries.merge(pairing, 1, Integer::sum) > MOST_RETRIES) {
        forget(pairing);
        run.observer().gaveUp(interrupt);
      }
    } else {
      forget(pairing);
    }
  }

  private void unforward(String forwarder, Pairing pairing, String why) {
    forwarded.remove(pairing.interrupt());
    run.step("vmm", irqAttribute(forwarder, "UNFORWARD", pairing.interrupt()), why);
  }

  private void forget(Pairing pairing) {
    retries.remove(pairing);
    told.remove(pairing);
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

  /** Whether the VM has a KVM-VFIO device that was made only for forwarding. */
  public boolean hasOwn(String vm) {
    return own.containsKey(vm);
  }

  /**
   * Closes the KVM-VFIO device that was made for a VM.
   *
   * @param vm the VM's name; it has one
   */
  public void closeOwn(String vm) {
    run.step(
        "vmm",
        Operation.of("kv.close", "kv", String.valueOf(own.remove(vm))),
        "the KVM-VFIO device was made only for forwarding");
  }

  /**
   * Takes note of a step: it may have told userspace of a completion, which is when it asks again
   * for what was refused.
   *
   * @param operation a step of the scenario, or of deferred work
   * @param outcome what it came to
   */
  public void noteCompletions(Operation operation, Outcome outcome) {
    for (Pairing pairing : retries.keySet()) {
      String resample = pairing.binding().resample();
      if (resample == null
          ? Calls.isCall(operation)
          : outcome.events().stream().anyMatch(event -> isSignalOf(event, resample))) {
        told.add(pairing);
      }
    }
  }

  private boolean isSignalOf(TraceEvent event, String eventfd) {
    return event instanceof EventfdEvent.Signal signal
        && PairingLog.baseName(run.host().descriptors().nameOf(signal.eventfd())).equals(eventfd);
  }

  /** Whether something is to be asked for again, by whichever thread waits for completions. */
  public boolean hasRetry() {
    return !told.isEmpty();
  }

  /**
   * Asks again for what was refused, the first that userspace was told of.
   *
   * @throws java.util.NoSuchElementException if there is nothing
   */
  public void retry() {
    Pairing pairing = ImmutableList.copyOf(told).get(0);
    told.remove(pairing);
    String forwarder = run.wiring().situation().forwarders().get(pairing.binding().vm());
    if (forwarder != null) {
      forward(forwarder, pairing, "refused before; the guest has completed an interrupt since");
    }
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    sink.putReference(ImmutableList.copyOf(tasks))
        .putReference(ImmutableList.copyOf(forwarded.values()))
        .putReference(ImmutableList.copyOf(retries.keySet()))
        .putReference(retries)
        .putReference(ImmutableList.copyOf(told))
        .putReference(own);
  }
}
