package org.irqbypass.scenario;

import dagger.BindsInstance;
import dagger.Component;

/** Assembles one host. */
@PerHost
@Component(modules = GroundModule.class)
interface HostComponent {
  SimulatedHost host();

  /** Makes hosts. */
  @Component.Factory
  interface Factory {
    HostComponent create(@BindsInstance HostOptions options);
  }
}
