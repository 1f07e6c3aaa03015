package org.irqbypass.live;

import java.util.Map;
import org.irqbypass.scenario.Operation;
import org.irqbypass.scenario.live.LiveHost;
import org.irqbypass.scenario.live.LiveKernel;

/** The kernel that this program runs on. */
final class RunningKernel implements LiveKernel {
  private final int kvm;
  private final int noEventfd;
  private final DeferredWork deferred;
  private final EndingGuest guest;
  private final RunningHost nothingOpen;

  /**
   * Takes over an open {@code /dev/kvm}.
   *
   * @param kvm its descriptor
   * @param noEventfd another one, which operations are given where they ask for no eventfd
   * @throws SystemCallException if KVM is there and does not work; nothing is closed then
   */
  RunningKernel(int kvm, int noEventfd) throws SystemCallException {
    this.kvm = kvm;
    this.noEventfd = noEventfd;
    this.guest = new EndingGuest(kvm);
    this.deferred = new DeferredWork(kvm);
    this.nothingOpen = newRunningHost();
  }

  private RunningHost newRunningHost() {
    return new RunningHost(kvm, noEventfd, deferred, guest);
  }

  @Override
  public String release() {
    return System.getProperty("os.version", "of an unknown release");
  }

  @Override
  public boolean performs(Operation operation) {
    if (!nothingOpen.performs(operation.name()) || operation.has("dev")) {
      return false;
    }
    if (operation.name().startsWith("ef.")) {
      return EventfdCalls.isHarmless(operation);
    }
    if (operation.name().equals("kvm.eoi")) {
      return operation.has("vm") && !operation.has("vec"); // in a session it is a consequence
    }
    for (Map.Entry<String, String> argument : operation.arguments().entrySet()) {
      boolean descriptor = argument.getKey().equals("fd") || argument.getKey().equals("resamplefd");
      if (descriptor && !OpenFiles.isHarmless(argument.getValue())) {
        return false;
      }
    }
    return true;
  }

  @Override
  public LiveHost newHost() {
    return newRunningHost();
  }

  @Override
  public void close() {
    deferred.close();
    guest.close();
    LibC.close(noEventfd);
    LibC.close(kvm);
  }
}
