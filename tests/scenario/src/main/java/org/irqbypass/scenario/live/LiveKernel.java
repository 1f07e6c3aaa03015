package org.irqbypass.scenario.live;

import java.util.Iterator;
import java.util.ServiceLoader;
import org.irqbypass.scenario.Operation;

/** A kernel that runs, on which operations are really performed. For one thread. */
public interface LiveKernel extends AutoCloseable {
  /**
   * The kernel that this program runs on.
   *
   * @return the kernel, to be closed
   * @throws UnavailableException if there is no way to reach it
   */
  static LiveKernel open() throws UnavailableException {
    Iterator<LiveKernelProvider> providers =
        ServiceLoader.load(LiveKernelProvider.class, LiveKernel.class.getClassLoader()).iterator();
    if (!providers.hasNext()) {
      throw new UnavailableException("no module that reaches the kernel is on the class path");
    }
    return providers.next().open();
  }

  /**
   * Which kernel it is.
   *
   * @return its release, such as {@code 6.18.44}
   */
  String release();

  /**
   * Whether an operation can be performed without touching more of the machine than VMs and
   * eventfds of this process. What this says depends on the operation alone.
   *
   * @param operation any
   * @return false if it has to be left out
   */
  boolean performs(Operation operation);

  /**
   * Begins a case.
   *
   * @return names for what the case opens, nothing open yet; to be closed
   */
  LiveHost newHost();

  @Override
  void close();
}
