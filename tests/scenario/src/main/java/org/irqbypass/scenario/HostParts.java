package org.irqbypass.scenario;

import org.irqbypass.host.HostPlatform;
import org.irqbypass.registry.Pairing;
import org.irqbypass.work.Waiter;
import org.irqbypass.work.WorkQueue;

/**
 * Parts of one host that somebody brings, such as a test that puts a known bug back to see who
 * finds it. The host asks once for each part.
 */
public interface HostParts {
  /** Every part as it is. */
  HostParts LINUX = new HostParts() {};

  /**
   * The interrupt controller and the IOMMU.
   *
   * @param platform those of the host's options
   * @return them, or others in their place
   */
  default HostPlatform platform(HostPlatform platform) {
    return platform;
  }

  /**
   * The steps by which the registry connects and disconnects.
   *
   * @param linux Linux's
   * @param workQueue runs what a step defers
   * @return them, or others in their place
   */
  default Pairing pairing(Pairing linux, WorkQueue workQueue) {
    return linux;
  }

  /**
   * What the host defers its work to. Where that is not the host's own queue, {@link
   * SimulatedHost#workQueue()} stays empty.
   *
   * @param queue the host's own, which runs its work when it is told to
   * @return it, or another in its place
   */
  default WorkQueue workQueue(WorkQueue queue) {
    return queue;
  }

  /**
   * How calls wait.
   *
   * @param waiter the host's own, for one thread
   * @return it, or another in its place
   */
  default Waiter waiter(Waiter waiter) {
    return waiter;
  }
}
