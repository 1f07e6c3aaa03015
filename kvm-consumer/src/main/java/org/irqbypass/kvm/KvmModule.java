package org.irqbypass.kvm;

import dagger.Module;
import dagger.Provides;
import org.irqbypass.assembly.HostKernel;
import org.irqbypass.host.PerHost;
import org.irqbypass.registry.ConnectPolicy;

/** Provides KVM to a Dagger component that provides its parts, once for each host. */
@Module
public final class KvmModule {
  private KvmModule() {}

  /**
   * Makes KVM.
   *
   * @param architecture what kind of guests it runs
   * @param kernel what it shares with the rest of the host
   * @param rules which kernel's
   * @param policy of the consumers that irqfds register
   * @return KVM without VMs
   */
  @Provides
  @PerHost
  public static Kvm kvm(
      Architecture architecture, HostKernel kernel, KvmRules rules, ConnectPolicy policy) {
    return new Kvm(architecture, kernel, rules, policy);
  }
}
