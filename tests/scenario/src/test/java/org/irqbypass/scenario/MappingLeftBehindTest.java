package org.irqbypass.scenario;

import static com.google.common.truth.Truth.assertThat;
import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import org.irqbypass.registry.ConnectPolicy;
import org.junit.jupiter.api.Test;

/**
 * Linux 6.1 leaves a virtual LPI's mapping behind when the route no longer leads to it (semantics
 * 13.11): what becomes of it in the hardware when the host interrupt is freed, and mapped again.
 */
class MappingLeftBehindTest {
  private static final String HERE = "kvm.routing vm=v0 entries=msi:10:0x08090040:0:0:1:32";
  private static final String ELSEWHERE = "kvm.routing vm=v0 entries=msi:10:0x08090040:7:0:1:32";
  private static final String ASSIGN = "kvm.irqfd vm=v0 fd=e0 gsi=10";
  private static final String RAISE = "irq.raise dev=nic index=MSIX";
  private static final String TRIGGER =
      "vfio.set_irqs dev=nic index=MSIX flags=DATA_EVENTFD|ACTION_TRIGGER start=0 count=1 fds=";

  private final Runner runner =
      new Runner(
          SimulatedHost.create(
              new HostOptions(
                  "arm64-gicv4",
                  KernelProfile.LINUX_6_1,
                  ConnectPolicy.OPPORTUNISTIC,
                  ImmutableMap.of(
                      "nic", new DeviceDescription(1, 1, 5, 1, 1, true, 0, null, false)),
                  false,
                  true)));
  private final TraceRenderer renderer = new TraceRenderer(runner.host());

  private ImmutableList<String> trace(String operation) {
    return renderer.render(runner.run(Operation.parse(operation)).events());
  }

  private Object taken() {
    return requireNonNull(runner.run(Operation.parse("kvm.run vm=v0")).out().get("intids"));
  }

  private void mapped() {
    ImmutableList.of(
            "dev.open dev=nic",
            "ef.new fd=e0",
            "vm.new vm=v0",
            "vm.vgic vm=v0",
            "its.cmd vm=v0 cmd=MAPD devid=32",
            "its.cmd vm=v0 cmd=MAPTI devid=32 event=0 lpi=8192",
            HERE,
            TRIGGER + "e0")
        .forEach(this::trace);
    assertThat(trace(ASSIGN)).contains("its_map_vlpi=0");
  }

  private void leftBehindByAChangedRoute(String... undoing) {
    mapped();
    trace(ELSEWHERE);
    for (String step : undoing) {
      assertThat(trace(step)).doesNotContain("its_unmap_vlpi(irq[e0])");
    }
  }

  @Test
  void theGuestGoesOnGettingTheDevice() {
    leftBehindByAChangedRoute(ASSIGN + " flags=DEASSIGN");
    assertThat(trace(RAISE)).isEmpty();
    assertThat(taken()).isEqualTo(ImmutableList.of(8192L));
  }

  @Test
  void mappedAgainItIsTheSameEntry() {
    leftBehindByAChangedRoute(ASSIGN + " flags=DEASSIGN");
    trace(HERE);
    assertThat(trace(ASSIGN)).contains("its_map_vlpi(irq[e0],vintid=8192,prop=0xa3,db=1)");
    assertThat(trace(RAISE)).isEmpty();
    assertThat(taken()).isEqualTo(ImmutableList.of(8192L));
    assertThat(trace(TRIGGER + "-1")).contains("its_unmap_vlpi=0");
  }

  @Test
  void whatWasPendingGoesWithTheHostInterrupt() {
    mapped();
    trace(RAISE);
    trace(ELSEWHERE);
    trace(TRIGGER + "-1");
    assertThat(taken()).isEqualTo(ImmutableList.of());
  }

  /** The hardware only moves an entry that it has. */
  @Test
  void mappedAgainAfterTheHostInterruptWasFreedItStaysWithTheHost() {
    leftBehindByAChangedRoute(TRIGGER + "-1");
    trace(HERE);
    assertThat(trace(TRIGGER + "e0")).contains("its_map_vlpi=0");
    assertThat(trace(RAISE)).contains("vfio_msihandler(e0)");
    assertThat(taken()).isEqualTo(ImmutableList.of(8192L));
    assertThat(trace(TRIGGER + "-1")).contains("its_unmap_vlpi=0");
  }

  @Test
  void afterThatItCanBeMappedAnew() {
    mappedAgainAfterTheHostInterruptWasFreedItStaysWithTheHost();
    assertThat(trace(TRIGGER + "e0")).contains("its_map_vlpi=0");
    assertThat(trace(RAISE)).isEmpty();
    assertThat(taken()).isEqualTo(ImmutableList.of(8192L));
  }

  /**
   * The host's handler signals, software injects, and since the LPI counts as the hardware's, that
   * raises the host interrupt again: Linux would never return.
   */
  @Test
  void anInterruptThatInjectsItselfForEverIsRefused() {
    leftBehindByAChangedRoute(TRIGGER + "-1");
    trace(TRIGGER + "e0"); // not connected: the route leads elsewhere
    trace(HERE);
    trace("its.cmd vm=v0 cmd=MAPTI devid=32 event=1 lpi=8193");
    trace("its.cmd vm=v0 cmd=DISCARD devid=32 event=1"); // nothing is remembered as translated
    assertThat(runner.run(Operation.parse(RAISE)).result()).isEqualTo("-1 ELOOP");
    assertThat(runner.run(Operation.parse("teardown")).result()).isEqualTo("0");
  }
}
