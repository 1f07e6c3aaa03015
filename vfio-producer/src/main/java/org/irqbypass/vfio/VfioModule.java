package org.irqbypass.vfio;

import dagger.Module;
import dagger.Provides;
import org.irqbypass.assembly.HostKernel;
import org.irqbypass.host.PerHost;
import org.irqbypass.registry.ConnectPolicy;

/** Provides VFIO to a Dagger component that provides its parts, once for each host. */
@Module
public final class VfioModule {
  private VfioModule() {}

  /**
   * Makes VFIO.
   *
   * @param kernel what it shares with the rest of the host
   * @param rules which kernel's
   * @param policy of the producers that VFIO registers by itself
   * @return VFIO with nothing open
   */
  @Provides
  @PerHost
  public static Vfio vfio(HostKernel kernel, VfioRules rules, ConnectPolicy policy) {
    return new Vfio(kernel, rules, policy);
  }
}
