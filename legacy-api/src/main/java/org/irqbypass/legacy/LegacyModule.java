package org.irqbypass.legacy;

import dagger.Module;
import dagger.Provides;
import org.irqbypass.host.PerHost;
import org.irqbypass.kvm.Kvm;
import org.irqbypass.vfio.Vfio;

/**
 * Installs the KVM-VFIO device in a Dagger component that provides both sides, once for each host.
 */
@Module
public final class LegacyModule {
  private LegacyModule() {}

  /**
   * Installs the device type.
   *
   * @param kvm takes it
   * @param vfio whose groups and devices it is about
   * @param rules which attributes there are
   * @return what is installed
   */
  @Provides
  @PerHost
  public static LegacyApi legacyApi(Kvm kvm, Vfio vfio, LegacyRules rules) {
    return LegacyApi.install(kvm, vfio, rules);
  }
}
