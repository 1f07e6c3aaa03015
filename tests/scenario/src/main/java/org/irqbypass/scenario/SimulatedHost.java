package org.irqbypass.scenario;

import jakarta.inject.Inject;
import org.irqbypass.eventfd.DescriptorTable;
import org.irqbypass.eventfd.Eventfds;
import org.irqbypass.host.HostInterrupts;
import org.irqbypass.registry.BypassRegistry;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.work.DeterministicWorkQueue;

/**
 * One host: VFIO, KVM, the registry between them, the devices, and the names that operations give
 * to what is open. For one thread; any number of hosts live side by side.
 */
@PerHost
public final class SimulatedHost {
  private final HostOptions options;
  private final Tracepoints trace;
  private final DeterministicWorkQueue workQueue;
  private final DescriptorTable descriptorTable;
  private final Eventfds eventfds;
  private final HostInterrupts interrupts;
  private final BypassRegistry registry;
  private final Descriptors descriptors;

  @Inject
  SimulatedHost(
      HostOptions options,
      Tracepoints trace,
      DeterministicWorkQueue workQueue,
      DescriptorTable descriptorTable,
      Eventfds eventfds,
      HostInterrupts interrupts,
      BypassRegistry registry) {
    this.options = options;
    this.trace = trace;
    this.workQueue = workQueue;
    this.descriptorTable = descriptorTable;
    this.eventfds = eventfds;
    this.interrupts = interrupts;
    this.registry = registry;
    this.descriptors = new Descriptors(descriptorTable);
  }

  /**
   * Makes a host on which nothing has happened.
   *
   * @param options what it is made of
   * @return the host
   * @throws PlatformException if its platform does not exist, or not yet
   */
  public static SimulatedHost create(HostOptions options) {
    return DaggerHostComponent.factory().create(options).host();
  }

  /**
   * What the host is made of.
   *
   * @return the options it was made with
   */
  public HostOptions options() {
    return options;
  }

  /**
   * Where every step can be observed. A {@link Runner} listens here.
   *
   * @return the host's tracepoints
   */
  public Tracepoints trace() {
    return trace;
  }

  /**
   * The deferred work.
   *
   * @return the host's only queue
   */
  public DeterministicWorkQueue workQueue() {
    return workQueue;
  }

  /**
   * What is open.
   *
   * @return the descriptors of the one process
   */
  public DescriptorTable descriptorTable() {
    return descriptorTable;
  }

  /**
   * The eventfds.
   *
   * @return what they share
   */
  public Eventfds eventfds() {
    return eventfds;
  }

  /**
   * The host's interrupts; prints like {@code /proc/interrupts}.
   *
   * @return all of them
   */
  public HostInterrupts interrupts() {
    return interrupts;
  }

  /**
   * The registry in which producers and consumers meet.
   *
   * @return the only one
   */
  public BypassRegistry registry() {
    return registry;
  }

  /**
   * The names that operations give to what is open.
   *
   * @return the names
   */
  public Descriptors descriptors() {
    return descriptors;
  }
}
