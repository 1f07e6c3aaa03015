package org.irqbypass.scenario;

import dagger.Binds;
import dagger.Module;
import dagger.Provides;
import org.irqbypass.eventfd.DescriptorTable;
import org.irqbypass.eventfd.Eventfds;
import org.irqbypass.host.HostInterrupts;
import org.irqbypass.host.HostPlatform;
import org.irqbypass.host.PerHost;
import org.irqbypass.kvm.Architecture;
import org.irqbypass.kvm.KvmRules;
import org.irqbypass.legacy.LegacyRules;
import org.irqbypass.registry.BypassRegistry;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.registry.LinuxPairing;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.vfio.VfioRules;
import org.irqbypass.work.CooperativeWaiter;
import org.irqbypass.work.DeterministicWorkQueue;
import org.irqbypass.work.Waiter;
import org.irqbypass.work.WorkQueue;

/** The ground floor of a host that runs on one thread, step by step. */
@Module
interface GroundModule {
  @Provides
  @PerHost
  static Tracepoints tracepoints() {
    return Tracepoints.untimed();
  }

  @Provides
  @PerHost
  static DeterministicWorkQueue deterministicWorkQueue() {
    return new DeterministicWorkQueue();
  }

  @Binds
  WorkQueue workQueue(DeterministicWorkQueue queue);

  @Provides
  @PerHost
  static Waiter waiter(DeterministicWorkQueue queue) {
    return new CooperativeWaiter(queue);
  }

  @Provides
  @PerHost
  static DescriptorTable descriptorTable() {
    return new DescriptorTable();
  }

  @Provides
  @PerHost
  static Eventfds eventfds(Waiter waiter, Tracepoints trace) {
    return new Eventfds(waiter, trace);
  }

  @Provides
  @PerHost
  static HostPlatform platform(HostOptions options) {
    return Platforms.make(options.platform());
  }

  @Provides
  @PerHost
  static HostInterrupts interrupts(HostPlatform platform, Waiter waiter, Tracepoints trace) {
    return new HostInterrupts(platform, waiter, trace);
  }

  @Provides
  @PerHost
  static BypassRegistry registry(
      HostOptions options, WorkQueue workQueue, Waiter waiter, Tracepoints trace) {
    return new BypassRegistry(
        options.profile().registry(), new LinuxPairing(), workQueue, waiter, trace);
  }

  @Provides
  static VfioRules vfioRules(HostOptions options) {
    return options.profile().vfio();
  }

  @Provides
  static KvmRules kvmRules(HostOptions options) {
    return options.profile().kvm();
  }

  @Provides
  static LegacyRules legacyRules() {
    return LegacyRules.PROPOSAL_2015;
  }

  @Provides
  static Architecture architecture(HostOptions options) {
    return Platforms.architecture(options.platform());
  }

  @Provides
  static ConnectPolicy automatic(HostOptions options) {
    return options.automatic();
  }
}
