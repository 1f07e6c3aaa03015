package org.irqbypass.assembly;

import dagger.BindsOptionalOf;
import dagger.Module;
import dagger.Provides;
import java.util.Optional;
import org.irqbypass.eventfd.DescriptorTable;
import org.irqbypass.eventfd.Eventfds;
import org.irqbypass.host.HostInterrupts;
import org.irqbypass.host.HostPlatform;
import org.irqbypass.host.PerHost;
import org.irqbypass.registry.BypassRegistry;
import org.irqbypass.registry.LinuxPairing;
import org.irqbypass.registry.Pairing;
import org.irqbypass.registry.RegistryRules;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.work.Waiter;
import org.irqbypass.work.WorkQueue;

/**
 * Provides the ground floor to a Dagger component that provides the hardware, the kernel's rules, a
 * work queue, a waiter and tracepoints: eventfds, host interrupts and the registry, once for each
 * host, and what VFIO and KVM share of them.
 */
@Module
public abstract class RegistryModule {
  private RegistryModule() {}

  /** The steps of connecting and disconnecting: Linux's unless the component provides others. */
  @BindsOptionalOf
  abstract Pairing pairing();

  /**
   * Makes the host's eventfds.
   *
   * @param waiter is used by reads and writes that block
   * @param trace is told of signals
   * @return what they share
   */
  @Provides
  @PerHost
  public static Eventfds eventfds(Waiter waiter, Tracepoints trace) {
    return new Eventfds(waiter, trace);
  }

  /**
   * Makes the host's interrupts.
   *
   * @param platform the hardware
   * @param waiter is used to wait for handlers in flight
   * @param trace is told of each step
   * @return a host without interrupts
   */
  @Provides
  @PerHost
  public static HostInterrupts hostInterrupts(
      HostPlatform platform, Waiter waiter, Tracepoints trace) {
    return new HostInterrupts(platform, waiter, trace);
  }

  /**
   * Makes the host's bypass registry.
   *
   * @param rules which kernel's
   * @param pairing the steps of connecting and disconnecting; as Linux takes them if none are given
   * @param workQueue runs what is tried again
   * @param waiter is used by calls that wait for each other
   * @param trace is told of each call
   * @return an empty registry
   */
  @Provides
  @PerHost
  public static BypassRegistry bypassRegistry(
      RegistryRules rules,
      Optional<Pairing> pairing,
      WorkQueue workQueue,
      Waiter waiter,
      Tracepoints trace) {
    return new BypassRegistry(
        rules, pairing.orElseGet(LinuxPairing::new), workQueue, waiter, trace);
  }

  /**
   * Gathers what VFIO and KVM share.
   *
   * @param platform the hardware
   * @param descriptors of the process
   * @param registry takes producers and consumers
   * @param workQueue runs deferred work
   * @param waiter is used by calls that wait
   * @param trace is told of each step
   * @return the host's kernel
   */
  @Provides
  @PerHost
  public static HostKernel hostKernel(
      HostPlatform platform,
      DescriptorTable descriptors,
      BypassRegistry registry,
      WorkQueue workQueue,
      Waiter waiter,
      Tracepoints trace) {
    return new HostKernel(platform, descriptors, registry, workQueue, waiter, trace);
  }
}
