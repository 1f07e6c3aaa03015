package org.irqbypass.assembly;

import static com.google.common.truth.Truth.assertThat;

import dagger.BindsInstance;
import dagger.Component;
import org.irqbypass.eventfd.DescriptorTable;
import org.irqbypass.eventfd.Eventfds;
import org.irqbypass.host.HostInterrupts;
import org.irqbypass.host.HostPlatform;
import org.irqbypass.host.PerHost;
import org.irqbypass.host.PostedPlatform;
import org.irqbypass.registry.BypassRegistry;
import org.irqbypass.registry.RegistryRules;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.work.CooperativeWaiter;
import org.irqbypass.work.DeterministicWorkQueue;
import org.irqbypass.work.Waiter;
import org.irqbypass.work.WorkQueue;
import org.junit.jupiter.api.Test;

/** A host put together by Dagger. */
final class RegistryModuleTest {
  @PerHost
  @Component(modules = RegistryModule.class)
  interface Host {
    Eventfds eventfds();

    HostInterrupts interrupts();

    BypassRegistry registry();

    HostKernel kernel();

    @Component.Factory
    interface Factory {
      Host of(
          @BindsInstance HostPlatform platform,
          @BindsInstance RegistryRules rules,
          @BindsInstance DescriptorTable descriptors,
          @BindsInstance WorkQueue workQueue,
          @BindsInstance Waiter waiter,
          @BindsInstance Tracepoints trace);
    }
  }

  private static Host host(HostPlatform platform) {
    DeterministicWorkQueue queue = new DeterministicWorkQueue();
    return DaggerRegistryModuleTest_Host.factory()
        .of(
            platform,
            RegistryRules.LINUX_6_17,
            new DescriptorTable(),
            queue,
            new CooperativeWaiter(queue),
            Tracepoints.untimed());
  }

  @Test
  void allOfAHostShareItsPartsAndTwoHostsNone() {
    HostPlatform platform = new PostedPlatform("x86-posted");
    Host one = host(platform);
    Host other = host(platform);

    assertThat(one.kernel().registry()).isSameInstanceAs(one.registry());
    assertThat(one.kernel().platform()).isSameInstanceAs(platform);
    assertThat(one.interrupts().platform()).isSameInstanceAs(platform);
    assertThat(one.eventfds()).isSameInstanceAs(one.eventfds());
    assertThat(one.eventfds().create(0, 0).number()).isEqualTo(1);
    assertThat(other.eventfds().create(0, 0).number()).isEqualTo(1);
    assertThat(one.registry()).isNotSameInstanceAs(other.registry());
    assertThat(one.kernel().descriptors()).isNotSameInstanceAs(other.kernel().descriptors());
  }

  @Test
  void aKernelThatWasJustStartedHasNothingOpenAndNothingRegistered() {
    DeterministicWorkQueue queue = new DeterministicWorkQueue();
    HostPlatform platform = new PostedPlatform("x86-posted");
    HostKernel kernel =
        HostKernel.start(
            platform,
            RegistryRules.LINUX_6_17,
            queue,
            new CooperativeWaiter(queue),
            Tracepoints.untimed());

    assertThat(kernel.platform()).isSameInstanceAs(platform);
    assertThat(kernel.workQueue()).isSameInstanceAs(queue);
    assertThat(kernel.descriptors().open()).isEqualTo(0);
    assertThat(kernel.registry().registered()).isEqualTo(0);
  }
}
