package org.irqbypass.kvm;

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

/** Provides KVM to a Dagger component that provides its parts, once for each host. */
@Module
public final class KvmModule {
  private KvmModule() {}

  /**
   * Makes KVM.
   *
   * @param architecture what kind of guests it runs
   * @param platform the host's hardware
   * @param descriptors of the process
   * @param registry takes the consumers
   * @param workQueue runs deferred work
   * @param waiter is used by calls that wait
   * @param trace is told of each step
   * @param rules which kernel's
   * @param policy of the consumers that irqfds register
   * @return KVM without VMs
   */
  @Provides
  @PerHost
  public static Kvm kvm(
      Architecture architecture,
      HostPlatform platform,
      DescriptorTable descriptors,
      BypassRegistry registry,
      WorkQueue workQueue,
      Waiter waiter,
      Tracepoints trace,
      KvmRules rules,
      ConnectPolicy policy) {
    return new Kvm(
        architecture, platform, descriptors, registry, workQueue, waiter, trace, rules, policy);
  }
}
