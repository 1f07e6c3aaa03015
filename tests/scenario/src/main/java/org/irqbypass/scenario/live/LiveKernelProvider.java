package org.irqbypass.scenario.live;

/**
 * A way to reach the kernel that this program runs on; found by {@link java.util.ServiceLoader}.
 */
public interface LiveKernelProvider {
  /**
   * Reaches the kernel.
   *
   * @return the kernel, to be closed
   * @throws UnavailableException if it cannot be reached from here
   */
  LiveKernel open() throws UnavailableException;
}
