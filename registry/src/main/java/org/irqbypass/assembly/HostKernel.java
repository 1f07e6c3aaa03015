package org.irqbypass.assembly;

import org.irqbypass.eventfd.DescriptorTable;
import org.irqbypass.host.HostPlatform;
import org.irqbypass.registry.BypassRegistry;
import org.irqbypass.registry.LinuxPairing;
import org.irqbypass.registry.RegistryRules;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.work.Waiter;
import org.irqbypass.work.WorkQueue;

/**
 * What VFIO and KVM of one host share: they see the same hardware, open files and registry, and
 * defer, wait and tell in the same way. Immutable.
 *
 * <p><b>Lock order</b> of a host, outermost first: a KVM-VFIO device's lock; a VFIO device's
 * opening and closing, then its igate; the registry's claim of a side, then its token; a VM's lock,
 * then those of its resamplers, its irqfds, an ITS, a virtual APIC; an eventfd's wait-queue lock;
 * those of a wired interrupt's mask and of the guest's interrupt controllers. Deferred work begins
 * with none of them. A handler in flight is waited for above the wait-queue lock only. Platforms,
 * listeners, callbacks and waiters that a caller brings are called with some of these held.
 *
 * @param platform the hardware, which may post or forward
 * @param descriptors of the process whose calls are made
 * @param registry where producers and consumers meet
 * @param workQueue runs what cannot be done in place, such as inside an eventfd's wake-up
 * @param waiter is used by calls that wait for another one, or for a handler in flight
 * @param trace is told of each step
 */
public record HostKernel(
    HostPlatform platform,
    DescriptorTable descriptors,
    BypassRegistry registry,
    WorkQueue workQueue,
    Waiter waiter,
    Tracepoints trace) {
  /**
   * A kernel that was just started: nothing is open, nothing registered.
   *
   * @param platform the hardware
   * @param rules the registry's; it connects and disconnects as Linux does
   * @param workQueue runs what cannot be done in place
   * @param waiter is used by calls that wait
   * @param trace is told of each step
   * @return a kernel with a descriptor table and a registry of its own
   */
  public static HostKernel start(
      HostPlatform platform,
      RegistryRules rules,
      WorkQueue workQueue,
      Waiter waiter,
      Tracepoints trace) {
    return new HostKernel(
        platform,
        new DescriptorTable(),
        new BypassRegistry(rules, new LinuxPairing(), workQueue, waiter, trace),
        workQueue,
        waiter,
        trace);
  }
}
