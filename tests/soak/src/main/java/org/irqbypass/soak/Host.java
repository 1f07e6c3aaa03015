package org.irqbypass.soak;

import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.irqbypass.assembly.HostKernel;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.eventfd.EventfdFile;
import org.irqbypass.eventfd.EventfdFlag;
import org.irqbypass.eventfd.Eventfds;
import org.irqbypass.host.HostInterrupts;
import org.irqbypass.host.HostPlatform;
import org.irqbypass.kvm.Architecture;
import org.irqbypass.kvm.Kvm;
import org.irqbypass.kvm.KvmRules;
import org.irqbypass.legacy.LegacyApi;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.registry.RegistryRules;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.vfio.Vfio;
import org.irqbypass.vfio.VfioContainerFile;
import org.irqbypass.vfio.VfioDevice;
import org.irqbypass.vfio.VfioGroup;
import org.irqbypass.vfio.VfioGroupFile;
import org.irqbypass.vfio.VfioRules;
import org.irqbypass.work.ExecutorWorkQueue;
import org.irqbypass.work.ThreadWaiter;

/** A host with real threads: callers wait by parking, and deferred work has a thread of its own. */
final class Host implements AutoCloseable {
  final Eventfds eventfds;
  final HostInterrupts interrupts;
  final HostKernel kernel;
  final Vfio vfio;
  final Kvm kvm;
  private final ExecutorService deferred;
  private int groups;

  /**
   * Makes a host.
   *
   * @param automatic whether the registry pairs by itself; else nothing is bypassed unless somebody
   *     says so
   */
  Host(HostPlatform platform, Architecture architecture, boolean automatic) {
    Tracepoints trace = Tracepoints.untimed();
    ThreadWaiter waiter = new ThreadWaiter();
    deferred =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread thread = new Thread(task, "deferred work of " + platform.name());
              thread.setDaemon(true);
              return thread;
            });
    ConnectPolicy policy = automatic ? ConnectPolicy.OPPORTUNISTIC : ConnectPolicy.DISABLED;
    eventfds = new Eventfds(waiter, trace);
    interrupts = new HostInterrupts(platform, waiter, trace);
    kernel =
        HostKernel.start(
            platform,
            RegistryRules.LINUX_6_17,
            new ExecutorWorkQueue(deferred, waiter),
            waiter,
            trace);
    vfio = new Vfio(kernel, VfioRules.LINUX_6_17.withWiredProducers(), policy);
    kvm = new Kvm(architecture, kernel, KvmRules.LINUX_6_17, policy);
    var unused = LegacyApi.install(kvm, vfio);
  }

  /** Waits until all work that was deferred up to now has run. */
  void runDeferred() {
    Future<?> last = deferred.submit(() -> {});
    try {
      last.get();
    } catch (InterruptedException | java.util.concurrent.ExecutionException e) {
      throw new IllegalStateException("deferred work did not end", e);
    }
  }

  int eventfd() {
    EventfdContext context = new EventfdContext(eventfds, 0, Set.of(EventfdFlag.NONBLOCK));
    return kernel.descriptors().install(new EventfdFile(context));
  }

  /** Takes what an irqfd left in its eventfd when it was bound: it has injected that. */
  void drain(int eventfd) {
    EventfdContext context = kernel.descriptors().eventfd(eventfd);
    if (context.count() != 0) {
      try {
        var unused = context.read();
      } catch (ErrnoException taken) {
        if (taken.errno() != Errno.EAGAIN) {
          throw taken;
        } // else the next signal took it along
      }
    }
  }

  /** A device's group, in a container of its own. */
  int openGroup(VfioDevice device) {
    int group = vfio.openGroup(new VfioGroup(vfio, groups++).add(device));
    VfioGroupFile file = vfio.group(group);
    int container = vfio.openContainer();
    file.setContainer(container);
    vfio.container(container).setIommu(VfioContainerFile.TYPE1_IOMMU);
    return group;
  }

  @Override
  public void close() {
    deferred.shutdown();
  }
}
