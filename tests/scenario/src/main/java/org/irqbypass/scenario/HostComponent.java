package org.irqbypass.scenario;

import dagger.BindsInstance;
import dagger.Component;
import org.irqbypass.assembly.RegistryModule;
import org.irqbypass.host.PerHost;
import org.irqbypass.kvm.KvmModule;
import org.irqbypass.legacy.LegacyModule;
import org.irqbypass.vfio.VfioModule;

/** Assembles one host. */
@PerHost
@Component(
    modules = {
      GroundModule.class,
      RegistryModule.class,
      VfioModule.class,
      KvmModule.class,
      LegacyModule.class
    })
interface HostComponent {
  SimulatedHost host();

  /** Makes hosts. */
  @Component.Factory
  interface Factory {
    HostComponent create(@BindsInstance HostOptions options, @BindsInstance HostParts parts);
  }
}
