package org.irqbypass.conformance;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.ArrayList;
import java.util.List;
import org.irqbypass.kvm.KvmEvent;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.BypassRegistry;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.registry.RegistryEvent;
import org.irqbypass.scenario.DeviceDescription;
import org.irqbypass.scenario.HostOptions;
import org.irqbypass.scenario.KernelProfile;
import org.irqbypass.scenario.Operation;
import org.irqbypass.scenario.Outcome;
import org.irqbypass.scenario.Runner;
import org.irqbypass.scenario.SimulatedHost;
import org.irqbypass.trace.TraceEvent;
import org.irqbypass.vfio.VfioEvent;
import org.irqbypass.vfio.VfioInterrupt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The known bugs of semantics section 13, through everything from the device to the guest: each
 * test names the number of the bug it keeps out, and fails when what keeps it out is taken away.
 * The rooms hold the same rules one by one; README.md beside this tree says where.
 */
class RegressionsTest {
  private static final String ASSIGN = "kvm.irqfd vm=v0 fd=e0 gsi=24";
  private static final String DEASSIGN = ASSIGN + " flags=DEASSIGN";
  private static final String NO_ROUTES = "kvm.routing vm=v0";
  private static final String RAISE = "irq.raise dev=nic index=MSIX vector=0";
  private static final String TAKE = "guest.run vm=v0 vcpu=0";

  /** A host that delivers messages past itself, and a guest with two interrupts for them. */
  private enum Bypassing {
    X86_POSTED("x86-posted", KernelProfile.LINUX_6_17),
    X86_AVIC("x86-avic", KernelProfile.LINUX_6_17),
    ARM64_GICV4("arm64-gicv4", KernelProfile.LINUX_6_17),
    ARM64_GICV4_6_1("arm64-gicv4", KernelProfile.LINUX_6_1);

    private static final ImmutableList<String> X86_GUEST =
        ImmutableList.of(
            "vm.new vm=v0",
            "vm.irqchip vm=v0",
            "vm.vcpu vm=v0 vcpu=0",
            "kvm.lapic_setup vm=v0 vcpu=0",
            "guest.enter vm=v0 vcpu=0");

    private static final ImmutableList<String> ARM_GUEST =
        ImmutableList.of(
            "vm.new vm=v0",
            "vm.vgic vm=v0",
            "its.cmd vm=v0 cmd=MAPD devid=32",
            "its.cmd vm=v0 cmd=MAPTI devid=32 event=0 lpi=8192",
            "its.cmd vm=v0 cmd=MAPTI devid=32 event=1 lpi=8193",
            "guest.enter vm=v0 vcpu=0");

    private final String platform;

    @SuppressWarnings("ImmutableEnumChecker") // a record of immutable rules
    private final KernelProfile profile;

    Bypassing(String platform, KernelProfile profile) {
      this.platform = platform;
      this.profile = profile;
    }

    private boolean isArm() {
      return platform.startsWith("arm64");
    }

    Host host() {
      return new Host(platform, profile).does(isArm() ? ARM_GUEST : X86_GUEST);
    }

    /** A routing table that leads gsi 24, and 25, to one of the guest's interrupts. */
    String route(int interrupt) {
      return "kvm.routing vm=v0 entries=" + entry(24, interrupt) + ";" + entry(25, interrupt);
    }

    private String entry(int gsi, int interrupt) {
      return isArm()
          ? "msi:" + gsi + ":0x08090040:" + interrupt + ":0:1:32"
          : "msi:" + gsi + ":0xfee00000:" + (0x41 + interrupt);
    }

    /** What the guest takes. */
    long vector(int interrupt) {
      return isArm() ? 8192 + interrupt : 0x41 + interrupt;
    }

    Host bypassed() {
      return host().does("dev.open dev=nic", "ef.new fd=e0", route(0), ASSIGN, Host.msix(0, "e0"));
    }
  }

  /** A connect that KVM refuses, and what removes the cause. */
  private enum Refused {
    /** With an errno: the interrupt is wired, and its gsi leads to no pin. */
    WITH_ERRNO(
        "arm64-gicv3",
        KernelProfile.LINUX_6_17.withWiredProducers(),
        ImmutableList.of(
            "vm.new vm=v0",
            "vm.vgic vm=v0 its=0",
            "kvm.routing vm=v0 entries=irqchip:11:0:11",
            "dev.open dev=uart",
            "ef.new fd=e0",
            "vfio.set_irqs dev=uart index=0 flags=DATA_EVENTFD|ACTION_TRIGGER start=0 count=1"
                + " fds=e0"),
        "kvm.routing vm=v0 entries=irqchip:24:0:24"),
    /** With a positive number: the guest's ITS does not translate the message. */
    WITH_A_NUMBER(
        "arm64-gicv4",
        KernelProfile.LINUX_6_1,
        ImmutableList.of(
            "vm.new vm=v0",
            "vm.vgic vm=v0",
            "its.cmd vm=v0 cmd=MAPD devid=32",
            Bypassing.ARM64_GICV4.route(0),
            "dev.open dev=nic",
            "ef.new fd=e0",
            Host.msix(0, "e0")),
        "its.cmd vm=v0 cmd=MAPTI devid=32 event=0 lpi=8192");

    private final String platform;

    @SuppressWarnings("ImmutableEnumChecker") // a record of immutable rules
    private final KernelProfile profile;

    private final ImmutableList<String> before;
    private final String remedy;

    Refused(String platform, KernelProfile profile, ImmutableList<String> before, String remedy) {
      this.platform = platform;
      this.profile = profile;
      this.before = before;
      this.remedy = remedy;
    }

    /** Before KVM is told. */
    Host unassigned() {
      return new Host(platform, profile).does(before);
    }

    /** Userspace is told of success; the two are not connected. */
    Host host() {
      Host host = unassigned().does(ASSIGN);
      assertThat(host.registry().connected()).isEqualTo(0);
      return host;
    }
  }

  /** A host on which operations are done, with a card and a serial port. */
  private static final class Host {
    private final Runner runner;

    Host(String platform, KernelProfile profile) {
      ImmutableMap<String, DeviceDescription> devices =
          ImmutableMap.of(
              "nic", DeviceDescription.parse("intx:1,msi:2,msix:2,err:1,req:1,reset:true"),
              "uart", DeviceDescription.parse("platform:level,reset:true"));
      runner =
          new Runner(
              SimulatedHost.create(
                  new HostOptions(
                      platform, profile, ConnectPolicy.OPPORTUNISTIC, devices, false, true)));
    }

    static String msix(int vector, String fd) {
      return "vfio.set_irqs dev=nic index=MSIX flags=DATA_EVENTFD|ACTION_TRIGGER start="
          + vector
          + " count=1 fds="
          + fd;
    }

    @CanIgnoreReturnValue
    Host does(String... operations) {
      return does(ImmutableList.copyOf(operations));
    }

    @CanIgnoreReturnValue
    Host does(ImmutableList<String> operations) {
      for (String operation : operations) {
        assertWithMessage(operation).that(outcome(operation).errno()).isNull();
      }
      return this;
    }

    Outcome outcome(String operation) {
      return runner.run(Operation.parse(operation));
    }

    BypassRegistry registry() {
      return runner.host().registry();
    }

    SimulatedHost simulated() {
      return runner.host();
    }

    VfioInterrupt interrupt(String device, int index) {
      return requireNonNull(runner.host().devices().get(device)).vfio().interrupt(index, 0);
    }

    /** The device raises; whether VFIO's handler ran. */
    boolean raisesThroughTheHost(String raise) {
      return outcome(raise).events().stream().anyMatch(VfioEvent.MsiHandler.class::isInstance);
    }

    Object taken() {
      return requireNonNull(outcome(TAKE).out().get("vectors"));
    }

    void assertNothingLeft() {
      does("teardown");
      assertThat(registry().registered()).isEqualTo(0);
      assertThat(registry().connected()).isEqualTo(0);
    }
  }

  /**
   * However the irqfd goes, and whatever its route is by then, the host gets the interrupt back.
   */
  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = "ARM64_GICV4_6_1") // leaves the mapping behind where the route went first: 13.11
  void bug13_1_anIrqfdThatGoesTakesTheInterruptOutOfBypass(Bypassing on) {
    ImmutableList<ImmutableList<String>> ways =
        ImmutableList.of(
            ImmutableList.of(DEASSIGN),
            ImmutableList.of(NO_ROUTES, DEASSIGN),
            ImmutableList.of(on.route(1), DEASSIGN),
            ImmutableList.of("ef.close fd=e0"),
            ImmutableList.of("vm.close vm=v0"));
    for (ImmutableList<String> way : ways) {
      Host host = on.bypassed();
      assertThat(host.raisesThroughTheHost(RAISE)).isFalse();
      assertThat(host.taken()).isEqualTo(ImmutableList.of(on.vector(0)));
      host.does(way);
      assertWithMessage("after %s", way).that(host.raisesThroughTheHost(RAISE)).isTrue();
      assertThat(host.registry().connected()).isEqualTo(0);
      host.assertNothingLeft();
    }
  }

  /** A producer that was refused is not kept: a later route would be programmed for it. */
  @ParameterizedTest
  @EnumSource
  void bug13_2_aFailedConnectLeavesNoProducerBehind(Refused refused) {
    Host host = refused.host();
    ImmutableList<String> later =
        ImmutableList.of(NO_ROUTES, Bypassing.ARM64_GICV4.route(1), DEASSIGN);
    for (String operation : later) {
      Outcome outcome = host.outcome(operation);
      assertThat(
              outcome.events().stream()
                  .filter(
                      event ->
                          event instanceof KvmEvent.UpdateIrqfdRouting
                              || event instanceof KvmEvent.BypassDelProducer)
                  .toList())
          .isEmpty();
    }
    host.assertNothingLeft();
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "ARM64_GICV4_6_1") // 13.11
  void bug13_3_anEmptyTableForcesTheInterruptBackToTheHost(Bypassing on) {
    Host host = on.bypassed().does(NO_ROUTES);
    assertThat(host.raisesThroughTheHost(RAISE)).isTrue();
    assertThat(host.taken()).isEqualTo(ImmutableList.of());
    host.assertNothingLeft();
  }

  /** Whoever was refused can come again, under the same eventfd. */
  @ParameterizedTest
  @EnumSource
  void bug13_4_aFailedConnectLeavesNoEntryBehind(Refused refused) {
    Host host = refused.host();
    assertThat(host.registry().registered()).isEqualTo(1);
    host.does(DEASSIGN, refused.remedy, ASSIGN);
    assertThat(host.registry().registered()).isEqualTo(2);
    assertThat(host.registry().connected()).isEqualTo(1);
    host.assertNothingLeft();
  }

  /** Whoever was stopped is started: a guest that was halted runs on. */
  @ParameterizedTest
  @EnumSource
  void bug13_5_aFailedConnectLeavesNobodyStopped(Refused refused) {
    Host host = refused.unassigned();
    List<Boolean> halted = new ArrayList<>();
    for (TraceEvent event : host.outcome(ASSIGN).events()) {
      if (event instanceof KvmEvent.BypassStop stopped) {
        halted.add(stopped.consumer().vm().isHalted());
      }
    }
    assertThat(halted).containsExactly(false);
    assertThat(host.registry().connected()).isEqualTo(0);
    host.does("guest.enter vm=v0 vcpu=0", TAKE).assertNothingLeft();
  }

  /** However an interrupt loses its trigger: nobody may program it once it is freed. */
  @ParameterizedTest
  @CsvSource({"nic, INTX, 0", "nic, MSI, 1", "nic, MSIX, 2", "uart, 0, 0"})
  void bug13_10_theProducerGoesBeforeItsInterruptIsFreed(String device, String index, int number) {
    String set = "vfio.set_irqs dev=" + device + " index=" + index + " flags=";
    String trigger = set + "DATA_EVENTFD|ACTION_TRIGGER start=0 count=1 fds=";
    ImmutableList<String> ways =
        ImmutableList.of(
            trigger + "e1",
            trigger + "-1",
            set + "DATA_NONE|ACTION_TRIGGER start=0 count=0",
            "dev.close dev=" + device);
    for (String way : ways) {
      Host host = new Host("arm64-gicv3", KernelProfile.LINUX_6_17.withWiredProducers());
      host.does("dev.open dev=" + device, "ef.new fd=e0", "ef.new fd=e1", trigger + "e0");
      assertThat(host.interrupt(device, number).hostIrq()).isNotNull();
      List<Boolean> requested = new ArrayList<>();
      host.simulated()
          .trace()
          .listen(
              (nanos, event) -> {
                if (event instanceof RegistryEvent.Entered entered
                    && entered.call() == RegistryEvent.Call.UNREGISTER_PRODUCER) {
                  requested.add(((BypassProducer) entered.side()).irq().isRequested());
                }
              });
      host.does(way);
      assertWithMessage(way).that(requested).containsExactly(true);
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "ARM64_GICV4_6_1")
  void bug13_11_aChangedRouteLeavesNothingOfTheOldOne(Bypassing on) {
    Host host = on.bypassed().does(on.route(1));
    host.outcome(RAISE);
    assertThat(host.taken()).isEqualTo(ImmutableList.of(on.vector(1)));
    host.does(DEASSIGN);
    assertThat(host.raisesThroughTheHost(RAISE)).isTrue();
    assertThat(host.taken()).isEqualTo(ImmutableList.of());
  }

  /** What LINUX_6_1 does is a rule that was recorded, and stays one. */
  @Test
  void bug13_11_isThereUnderTheProfileThatHasIt() {
    Bypassing on = Bypassing.ARM64_GICV4_6_1;
    Host host = on.bypassed().does(on.route(1));
    assertThat(host.raisesThroughTheHost(RAISE)).isFalse();
    assertThat(host.taken()).isEqualTo(ImmutableList.of(on.vector(0)));
    host.does(DEASSIGN);
    assertThat(host.raisesThroughTheHost(RAISE)).isFalse();
    assertThat(host.taken()).isEqualTo(ImmutableList.of(on.vector(0)));
  }

  /** In Linux 6.1 it takes the holder's entry along, and the list is corrupt. */
  @ParameterizedTest
  @EnumSource
  void bug13_12_aProducerWhoseTokenAnotherHasGoesAlone(Bypassing on) {
    Host host =
        on.host()
            .does("dev.open dev=nic", "ef.new fd=e0", on.route(0))
            .does(
                "vfio.set_irqs dev=nic index=MSIX flags=DATA_EVENTFD|ACTION_TRIGGER start=0"
                    + " count=2 fds=e0,e0");
    assertThat(host.registry().registered()).isEqualTo(1);
    host.does(Host.msix(1, "-1"));
    assertThat(host.registry().registered()).isEqualTo(1);
    host.does(ASSIGN);
    assertThat(host.raisesThroughTheHost(RAISE)).isFalse();
    assertThat(host.taken()).isEqualTo(ImmutableList.of(on.vector(0)));
    host.assertNothingLeft();
  }

  /** Linux 6.1 oopses when both are closed. */
  @ParameterizedTest
  @EnumSource(names = {"ARM64_GICV4", "ARM64_GICV4_6_1"})
  void bug13_12_twoEventfdsForOneVirtualLpiAreSurvived(Bypassing on) {
    Host host =
        on.bypassed()
            .does("ef.new fd=e1", "kvm.irqfd vm=v0 fd=e1 gsi=25")
            .does(
                "vfio.set_irqs dev=nic index=MSIX flags=DATA_NONE|ACTION_TRIGGER start=0 count=0",
                "vfio.set_irqs dev=nic index=MSIX flags=DATA_EVENTFD|ACTION_TRIGGER start=0"
                    + " count=2 fds=e0,e1");
    assertThat(host.raisesThroughTheHost(RAISE)).isFalse();
    assertThat(host.taken()).isEqualTo(ImmutableList.of(on.vector(0)));
    assertThat(host.raisesThroughTheHost("irq.raise dev=nic index=MSIX vector=1")).isTrue();
    assertThat(host.taken()).isEqualTo(ImmutableList.of(on.vector(0)));
    host.does("kvm.irqfd vm=v0 fd=e1 gsi=25 flags=DEASSIGN");
    assertThat(host.raisesThroughTheHost(RAISE)).isFalse();
    assertThat(host.taken()).isEqualTo(ImmutableList.of(on.vector(0)));
    host.assertNothingLeft();
  }

  /** Linux 6.1 never returns from the device's first interrupt. */
  @ParameterizedTest
  @ValueSource(strings = {"nic INTX", "uart 0"})
  void bug13_12_oneEventfdAsTriggerAndUnmaskOfAHighLineEnds(String which) {
    String device = which.substring(0, which.indexOf(' '));
    String index = which.substring(which.indexOf(' ') + 1);
    String set = "vfio.set_irqs dev=" + device + " index=" + index + " flags=DATA_EVENTFD|ACTION_";
    String raise = "irq.raise dev=" + device + " index=" + index + " level=";
    for (KernelProfile profile : KernelProfile.ALL) {
      Host host = new Host("arm64-gicv3", profile);
      host.does("dev.open dev=" + device, "ef.new fd=e0")
          .does(set + "TRIGGER start=0 count=1 fds=e0", set + "UNMASK start=0 count=1 fds=e0")
          .does(raise + "1");
      assertThat(host.interrupt(device, 0).isBeingHandled()).isTrue();
      host.does(raise + "0")
          .does(
              "vfio.set_irqs dev="
                  + device
                  + " index="
                  + index
                  + " flags=DATA_NONE|ACTION_UNMASK start=0 count=1");
      assertThat(host.interrupt(device, 0).isBeingHandled()).isFalse();
      host.assertNothingLeft();
    }
  }
}
