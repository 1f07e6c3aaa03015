package org.irqbypass.vfio;

import dagger.Module;
import dagger.Provides;
import org.irqbypass.eventfd.DescriptorTable;
import org.irqbypass.host.HostPlatform;
import org.irqbypass.host.PerHost;
import org.irqbypass.registry.BypassRegistry;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.work.Waiter;
import org.irqbypass.work.WorkQueue;

/** Provides VFIO to a Dagger component that provides its parts, once for each host. */
@Module
public final class VfioModule {
  private VfioModule() {}

  /**
   * Makes VFIO.
   *
   * @param descriptors of the process
   * @param registry takes the producers
   * @param workQueue runs deferred work
   * @param waiter is used by calls that wait
   * @param trace is told of each step
   * @param rules which kernel's
   * @param policy of the producers that VFIO registers by itself
   * @param platform the host's hardware
   * @return VFIO with nothing open
   */
  @Provides
  @PerHost
  public static Vfio vfio(
      DescriptorTable descriptors,
      BypassRegistry registry,
      WorkQueue workQueue,
      Waiter waiter,
      Tracepoints trace,
      VfioRules rules,
      ConnectPolicy policy,
      HostPlatform platform) {
    return new Vfio(descriptors, registry, workQueue, waiter, trace, rules, policy, platform);
  }
}
