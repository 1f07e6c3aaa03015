package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.irqbypass.trace.TraceEvent;

/**
 * Runs operations, one after another, on one host, and tells what each came to. Unless told
 * otherwise deferred work runs after each operation, as in the recordings. For one thread.
 */
public final class Runner implements Fingerprinted {
  /** The process waits there for time to pass. */
  private static final ImmutableSet<String> SLEEPS = ImmutableSet.of("kvm.run");

  private final SimulatedHost host;
  private final Map<String, OperationHandler> handlers = new HashMap<>(256);
  private final GuestOperations guests;
  private final RegistryOperations registry;
  private List<TraceEvent> events = new ArrayList<>();

  /**
   * Makes a runner and lets it listen to the host's tracepoints, if the host is to be traced.
   *
   * @param host on which it runs; one runner a host
   */
  public Runner(SimulatedHost host) {
    this.host = host;
    new EventfdOperations(host).addTo(handlers);
    VirtualMachines machines = new VirtualMachines(host.kvm(), host.descriptors());
    DeviceTable devices = new DeviceTable(host);
    registry = new RegistryOperations(host);
    VfioOperations vfio = new VfioOperations(host, devices);
    KvmOperations kvm = new KvmOperations(host, machines);
    guests = new GuestOperations(machines);
    registry.addTo(handlers);
    vfio.addTo(handlers);
    kvm.addTo(handlers);
    guests.addTo(handlers);
    new DeviceOperations(devices).addTo(handlers);
    new KvmDeviceOperations(host, machines).addTo(handlers);
    if (Platforms.isArm(host.options().platform())) {
      new Arm64Operations(host, machines).addTo(handlers);
    } else {
      new X86Operations(machines, guests).addTo(handlers);
    }
    new RunOperations(host, List.of(kvm::teardown, vfio::teardown)).addTo(handlers);
    if (host.options().traced()) {
      host.trace().listen((nanos, event) -> events.add(event));
    }
  }

  /**
   * The host on which operations run.
   *
   * @return what the runner was made with
   */
  public SimulatedHost host() {
    return host;
  }

  /** Whether an operation can be done on this host. */
  boolean knows(String name) {
    return handlers.containsKey(name);
  }

  /**
   * Runs an operation and then all deferred work.
   *
   * @param operation what to do
   * @return what it came to, the deferred work's events included
   * @throws InputException if the operation makes no sense on this host
   */
  public Outcome run(Operation operation) {
    return run(operation, true);
  }

  /**
   * Runs an operation, and leaves deferred work queued: to run it is another step, {@code
   * work.run}.
   *
   * @param operation what to do
   * @return what it came to
   * @throws InputException if the operation makes no sense on this host
   */
  public Outcome runAlone(Operation operation) {
    return run(operation, false);
  }

  private Outcome run(Operation operation, boolean settle) {
    OperationHandler handler = handlers.get(operation.name());
    if (handler == null) {
      throw new InputException(
          operation.position(),
          operation.name() + " cannot be done on platform " + host.options().platform());
    }
    Reply reply = new Reply();
    try {
      handler.run(operation, reply);
    } catch (ErrnoException refused) {
      reply.failed(refused);
    }
    if (settle) {
      try {
        host.workQueue().runAll();
      } catch (ErrnoException endless) {
        reply.failed(endless);
      }
    }
    host.processor().leftKernel(SLEEPS.contains(operation.name()));
    if (events.isEmpty()) {
      return reply.outcome(ImmutableList.of());
    }
    Outcome outcome = reply.outcome(ImmutableList.copyOf(events));
    events = new ArrayList<>();
    return outcome;
  }

  /**
   * Interrupts the operation that runs: what happens from now on belongs to others.
   *
   * @return what the operation has shown, with which to {@link #resume} it
   */
  public ImmutableList<TraceEvent> interrupt() {
    ImmutableList<TraceEvent> shown = ImmutableList.copyOf(events);
    events = new ArrayList<>();
    return shown;
  }

  /**
   * Goes on with an operation that was interrupted, between two others.
   *
   * @param shown what it has shown before
   */
  public void resume(ImmutableList<TraceEvent> shown) {
    events = new ArrayList<>(shown);
  }

  /**
   * Writes the state of the host, of what runs in its guests, and of who was registered directly.
   */
  @Override
  public void writeTo(FingerprintSink sink) {
    host.writeTo(sink);
    guests.writeTo(sink);
    registry.writeTo(sink);
  }

  /**
   * Runs a whole scenario in its default order.
   *
   * @param scenario its steps
   * @return what they came to
   * @throws InputException if a step makes no sense on this host
   */
  public Execution run(Scenario scenario) {
    Execution.Builder execution = new Execution.Builder();
    for (Scenario.Step step : scenario.steps()) {
      execution.add(step.actor(), step.operation(), run(step.operation()));
    }
    return execution.build();
  }
}
