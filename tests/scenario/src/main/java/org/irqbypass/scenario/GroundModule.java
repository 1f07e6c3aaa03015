package org.irqbypass.scenario;

import dagger.Module;
import dagger.Provides;
import org.irqbypass.eventfd.DescriptorTable;
import org.irqbypass.host.HostPlatform;
import org.irqbypass.host.PerHost;
import org.irqbypass.kvm.Architecture;
import org.irqbypass.kvm.KvmRules;
import org.irqbypass.legacy.LegacyRules;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.registry.LinuxPairing;
import org.irqbypass.registry.Pairing;
import org.irqbypass.registry.RegistryRules;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.vfio.VfioRules;
import org.irqbypass.work.DeterministicWorkQueue;
import org.irqbypass.work.Waiter;
import org.irqbypass.work.WorkQueue;

/**
 * What the rooms' modules leave open: hardware and rules by the options, and a host that runs on
 * one thread, step by step.
 */
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

  @Provides
  @PerHost
  static WorkQueue workQueue(HostParts parts, DeterministicWorkQueue queue) {
    return parts.workQueue(queue);
  }

  @Provides
  @PerHost
  static OneProcessor oneProcessor(DeterministicWorkQueue queue) {
    return new OneProcessor(queue);
  }

  @Provides
  @PerHost
  static Waiter waiter(HostParts parts, OneProcessor processor) {
    return parts.waiter(processor);
  }

  @Provides
  @PerHost
  static DescriptorTable descriptorTable() {
    return new DescriptorTable();
  }

  @Provides
  @PerHost
  static HostPlatform platform(HostOptions options, HostParts parts) {
    return parts.platform(Platforms.make(options.platform()));
  }

  @Provides
  @PerHost
  static Pairing pairing(HostParts parts, WorkQueue workQueue) {
    return parts.pairing(new LinuxPairing(), workQueue);
  }

  @Provides
  static RegistryRules registryRules(HostOptions options) {
    return options.profile().registry();
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
  static LegacyRules legacyRules(HostOptions options) {
    return options.profile().legacy();
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
