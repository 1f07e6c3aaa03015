package org.irqbypass.scenario;

import dagger.BindsInstance;
import dagger.Component;
import org.irqbypass.vfio.VfioModule;

/** Assembles one host. */
@PerHost
@Component(modules = {GroundModule.class, VfioModule.class, KvmModule.class})
interface HostComponent {
  SimulatedHost host();

  /** Makes hosts. */
  @Component.Factory
  interface Factory {
    HostComponent create(@BindsInstance HostOptions options);
  }
}
