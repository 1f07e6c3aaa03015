package org.irqbypass.scenario;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.common.collect.ImmutableMap;
import org.irqbypass.registry.ConnectPolicy;
import org.junit.jupiter.api.Test;

/** Which hosts can be made. */
class PlatformsTest {
  @Test
  void everyPlatformThatExistsMakesAHost() {
    for (String name : Platforms.existing()) {
      SimulatedHost host = SimulatedHost.create(options(name));
      assertThat(host.interrupts().platform().name()).isEqualTo(name);
    }
  }

  @Test
  void unknownPlatformsNameTheNearest() {
    PlatformException thrown =
        assertThrows(PlatformException.class, () -> SimulatedHost.create(options("x86-post")));
    assertThat(thrown).hasMessageThat().endsWith("; did you mean x86-posted?");
  }

  @Test
  void profilesHaveNames() {
    for (KernelProfile profile : KernelProfile.ALL) {
      assertThat(KernelProfile.of(profile.name(), Position.NONE)).isEqualTo(profile);
    }
    assertThat(assertThrows(InputException.class, () -> KernelProfile.of("LINUX_6", Position.NONE)))
        .hasMessageThat()
        .contains("expected LINUX_6_1 or LINUX_6_17; did you mean LINUX_6_1?");
  }

  private static HostOptions options(String platform) {
    return new HostOptions(
        platform,
        KernelProfile.LINUX_6_17,
        ConnectPolicy.OPPORTUNISTIC,
        ImmutableMap.of(),
        false,
        true);
  }
}
