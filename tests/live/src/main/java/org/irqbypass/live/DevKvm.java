package org.irqbypass.live;

import org.irqbypass.scenario.live.LiveKernel;
import org.irqbypass.scenario.live.LiveKernelProvider;
import org.irqbypass.scenario.live.UnavailableException;

/** Reaches KVM through its device, on Linux on x86-64. */
public final class DevKvm implements LiveKernelProvider {
  private static final String PATH = "/dev/kvm";

  /** As {@link java.util.ServiceLoader} makes it. */
  public DevKvm() {}

  @Override
  public LiveKernel open() throws UnavailableException {
    String system = System.getProperty("os.name", "");
    String architecture = System.getProperty("os.arch", "");
    if (!system.equals("Linux") || !architecture.equals("amd64")) {
      throw new UnavailableException(
          "KVM is asked on Linux on amd64 only, and this is " + system + " on " + architecture);
    }
    try {
      return openDevice();
    } catch (LinkageError noLibrary) {
      throw new UnavailableException("the C library cannot be called (" + noLibrary + ")");
    }
  }

  private static LiveKernel openDevice() throws UnavailableException {
    int kvm;
    int noEventfd;
    try {
      kvm = SystemCalls.open(PATH);
    } catch (SystemCallException refused) {
      throw new UnavailableException(PATH + " cannot be opened (" + refused.errno() + ")");
    }
    try {
      noEventfd = SystemCalls.open(PATH);
      return new RunningKernel(kvm, noEventfd);
    } catch (SystemCallException refused) {
      LibC.close(kvm);
      throw new UnavailableException(PATH + " can be opened, but " + refused.getMessage());
    }
  }
}
