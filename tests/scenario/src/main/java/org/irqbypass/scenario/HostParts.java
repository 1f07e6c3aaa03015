package org.irqbypass.scenario;

import org.irqbypass.host.HostPlatform;
import org.irqbypass.registry.Pairing;
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
}
