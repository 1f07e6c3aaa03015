package org.irqbypass.comparison.explain;

import static com.google.common.truth.Truth.assertThat;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.common.base.Joiner;
import com.google.common.collect.ImmutableList;
import java.io.ByteArrayInputStream;
import java.util.ArrayList;
import java.util.List;
import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.comparison.contender.TrialRunner;
import org.irqbypass.errno.Errno;
import org.irqbypass.registry.BypassReason;
import org.irqbypass.scenario.Scenario;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each cause is named where it is one, at the hop where it bites. */
class ExplainerTest {
  private static final String TRIGGER =
      "vmm: vfio.set_irqs dev=nic index=MSIX flags=DATA_EVENTFD|ACTION_TRIGGER start=0 count=1"
          + " fds=e0";

  private static final String IRQFD = "vmm: kvm.irqfd vm=v0 fd=e0 gsi=24";

  private static String route(String entries) {
    return "vmm: kvm.routing vm=v0 entries=" + entries;
  }

  private static final String MESSAGE = "msi:24:0xfee00000:0x41";

  private static Explanation first(String index, List<Explanation> all) {
    return all.stream().filter(one -> one.interrupt().index().equals(index)).findFirst().get();
  }

  private static ImmutableList<Explanation> run(
      String platform, String profile, Contender contender, String... steps) {
    String text =
        """
        name: small
        platform: %s
        profile: %s
        devices:
          nic: { intx: 1, msi: 1, msix: 2, err: 1, req: 1, reset: true }
          uart: { platform: [level], reset: true }
        steps:
          - vmm:
              - vm.new vm=v0
              - vm.irqchip vm=v0
              - vm.vcpu vm=v0 vcpu=0
              - vm.vcpu vm=v0 vcpu=1
              - kvm.lapic_setup vm=v0 vcpu=0
              - kvm.lapic_setup vm=v0 vcpu=1
              - dev.open dev=nic
              - ef.new fd=e0
              - ef.new fd=e1
          - %s
        """
            .formatted(platform, profile, Joiner.on("\n  - ").join(steps));
    return explain(text, contender);
  }

  private static ImmutableList<Explanation> explain(String text, Contender contender) {
    List<ImmutableList<Explanation>> last = new ArrayList<>();
    TrialRunner.run(
        Scenario.read("s", new ByteArrayInputStream(text.getBytes(UTF_8))),
        contender,
        (step, host) -> last.add(Explainer.explain(host)));
    return last.get(last.size() - 1);
  }

  private static Explanation msix(String... steps) {
    return first("MSIX", run("x86-posted", "LINUX_6_17", Contender.AUTOMATIC_LINUX, steps));
  }

  private static List<String> stages(Explanation explanation, Hop.Pace pace) {
    return explanation.hops().stream()
        .filter(hop -> hop.pace() == pace)
        .map(hop -> hop.stage().name())
        .toList();
  }

  @Test
  void bypassed() {
    Explanation found = msix(route(MESSAGE), IRQFD, TRIGGER);
    assertThat(found.cause()).isEqualTo(Cause.BYPASSED);
    assertThat(found.cause().isFast()).isTrue();
    assertThat(stages(found, Hop.Pace.FAST)).containsExactly("DEVICE", "HOST", "VCPU").inOrder();
    assertThat(stages(found, Hop.Pace.SLOW)).isEmpty();
  }

  @Test
  void bypassedInGuestModeSaysSo() {
    Explanation found = msix(route(MESSAGE), IRQFD, TRIGGER, "guest: guest.enter vm=v0 vcpu=0");
    assertThat(found.hops().get(2).text()).contains("in guest mode, without an exit");
  }

  @Test
  void preempted() {
    Explanation found = msix(route(MESSAGE), IRQFD, TRIGGER, "guest: guest.put vm=v0 vcpu=0");
    assertThat(found.cause()).isEqualTo(Cause.VCPU_PREEMPTED);
    assertThat(stages(found, Hop.Pace.SLOW)).containsExactly("VCPU");
  }

  @Test
  void blocked() {
    Explanation found = msix(route(MESSAGE), IRQFD, TRIGGER, "guest: guest.block vm=v0 vcpu=0");
    assertThat(found.cause()).isEqualTo(Cause.VCPU_BLOCKED);
    assertThat(stages(found, Hop.Pace.SLOW)).containsExactly("VCPU");
  }

  @Test
  void notSetUp() {
    Explanation found = msix(route(MESSAGE), IRQFD);
    assertThat(found.cause()).isEqualTo(Cause.NOT_SET_UP);
    assertThat(stages(found, Hop.Pace.ENDS)).containsExactly("DEVICE");
  }

  @Test
  void noTrigger() {
    Explanation found =
        first(
            "INTX",
            run(
                "x86-posted",
                "LINUX_6_17",
                Contender.AUTOMATIC_LINUX,
                "vmm: vfio.set_irqs dev=nic index=INTX flags=DATA_EVENTFD|ACTION_TRIGGER start=0"
                    + " count=1 fds=-1"));
    assertThat(found.cause()).isEqualTo(Cause.NO_TRIGGER);
    assertThat(stages(found, Hop.Pace.ENDS)).containsExactly("VFIO");
  }

  @Test
  void noIrqfd() {
    Explanation found = msix(route(MESSAGE), TRIGGER);
    assertThat(found.cause()).isEqualTo(Cause.NO_IRQFD);
    assertThat(found.irqfd()).isNull();
    assertThat(stages(found, Hop.Pace.SLOW)).containsExactly("HOST", "VFIO", "IRQFD").inOrder();
  }

  @Test
  void intxIsNoMessage() {
    Explanation found =
        first(
            "INTX",
            run(
                "x86-remapped",
                "LINUX_6_17",
                Contender.AUTOMATIC_LINUX,
                "vmm: vfio.set_irqs dev=nic index=INTX flags=DATA_EVENTFD|ACTION_TRIGGER start=0"
                    + " count=1 fds=e0",
                "vmm: kvm.irqfd vm=v0 fd=e0 gsi=10"));
    assertThat(found.cause()).isEqualTo(Cause.HARDWARE_CANNOT);
    assertThat(stages(found, Hop.Pace.SLOW)).contains("ROUTE");
  }

  @Test
  void duplicateToken() {
    ImmutableList<Explanation> all =
        run(
            "x86-posted",
            "LINUX_6_17",
            Contender.AUTOMATIC_LINUX,
            route(MESSAGE),
            IRQFD,
            "vmm: vfio.set_irqs dev=nic index=MSIX flags=DATA_EVENTFD|ACTION_TRIGGER start=0"
                + " count=2 fds=e0,e0");
    Explanation second =
        all.stream().filter(one -> one.interrupt().vector() == 1).findFirst().get();
    assertThat(second.cause()).isEqualTo(Cause.DUPLICATE_TOKEN);
    assertThat(second.errno()).isEqualTo(Errno.EBUSY);
  }

  @Test
  void routeMissing() {
    Explanation found = msix(IRQFD, TRIGGER);
    assertThat(found.cause()).isEqualTo(Cause.ROUTE_MISSING);
    assertThat(stages(found, Hop.Pace.ENDS)).containsExactly("ROUTE");
  }

  @Test
  void routeAmbiguous() {
    Explanation found = msix(route("irqchip:24:2:5;irqchip:24:0:5"), IRQFD, TRIGGER);
    assertThat(found.cause()).isEqualTo(Cause.ROUTE_AMBIGUOUS);
    assertThat(stages(found, Hop.Pace.SLOW)).contains("ROUTE");
  }

  @Test
  void notMsi() {
    assertThat(msix(route("irqchip:24:2:5"), IRQFD, TRIGGER).cause()).isEqualTo(Cause.NOT_MSI);
  }

  @Test
  void severalDestinations() {
    assertThat(msix(route("msi:24:0xfeeff000:0x41"), IRQFD, TRIGGER).cause())
        .isEqualTo(Cause.SEVERAL_DESTINATIONS);
  }

  @Test
  void deliveryMode() {
    assertThat(msix(route("msi:24:0xfee00000:0x441"), IRQFD, TRIGGER).cause())
        .isEqualTo(Cause.DELIVERY_MODE);
  }

  @Test
  void hardwareCannot() {
    Explanation found =
        first(
            "MSIX",
            run(
                "x86-remapped",
                "LINUX_6_17",
                Contender.AUTOMATIC_LINUX,
                route(MESSAGE),
                IRQFD,
                TRIGGER));
    assertThat(found.cause()).isEqualTo(Cause.HARDWARE_CANNOT);
    assertThat(stages(found, Hop.Pace.SLOW))
        .containsExactly("HOST", "VFIO", "IRQFD", "ROUTE")
        .inOrder();
  }

  @Test
  void switchedOff() {
    Explanation found =
        first("MSIX", run("x86-posted", "LINUX_6_17", Contender.EXPLICIT_ADVISED, TRIGGER));
    assertThat(found.cause()).isEqualTo(Cause.SWITCHED_OFF);
  }

  @Test
  void staleRoute() {
    List<Cause> causes = new ArrayList<>();
    TrialRunner.run(
        Scenario.read("s", new ByteArrayInputStream(GUEST_MOVES.getBytes(UTF_8))),
        Contender.EXPLICIT_ADVISED,
        (step, host) ->
            Explainer.explain(host).stream()
                .filter(one -> one.interrupt().index().equals("MSIX"))
                .forEach(one -> causes.add(one.cause())));
    assertThat(causes).contains(Cause.STALE_ROUTE);
  }

  private static final String GUEST_MOVES =
      """
      name: moves
      platform: x86-posted
      devices:
        nic: { intx: 0, msi: 0, msix: 1, err: 1, req: 1, reset: true }
      steps:
        - vmm:
            - vm.new vm=v0
            - vm.irqchip vm=v0
            - vm.vcpu vm=v0 vcpu=0
            - vm.vcpu vm=v0 vcpu=1
            - kvm.lapic_setup vm=v0 vcpu=0
            - kvm.lapic_setup vm=v0 vcpu=1
            - dev.open dev=nic
            - ef.new fd=e0
            - kvm.routing vm=v0 entries=msi:24:0xfee00000:0x41
            - kvm.irqfd vm=v0 fd=e0 gsi=24
            - vfio.set_irqs dev=nic index=MSIX flags=DATA_EVENTFD|ACTION_TRIGGER start=0 count=1 fds=e0
            - kvm.routing vm=v0 entries=msi:24:0xfee01000:0x41
        - meanwhile:
            - guest: guest.run vm=v0 vcpu=0
      """;

  private static ImmutableList<Explanation> wired(Contender contender, String... steps) {
    String text =
        """
        name: wired
        platform: arm64-gicv3
        devices:
          uart: { platform: [level], reset: true }
        steps:
          - vmm:
              - vm.new vm=v0
              - vm.vgic vm=v0 its=0
              - dev.open dev=uart
              - ef.new fd=e0
              - ef.new fd=r0
          - %s
        """
            .formatted(Joiner.on("\n  - ").join(steps));
    return explain(text, contender);
  }

  private static final String WIRED_TRIGGER =
      "vmm: vfio.set_irqs dev=uart index=0 flags=DATA_EVENTFD|ACTION_TRIGGER start=0 count=1 fds=e0";

  private static final String WIRED_IRQFD =
      "vmm: kvm.irqfd vm=v0 fd=e0 gsi=1 flags=RESAMPLE resamplefd=r0";

  @Test
  void forwarded_theHostDeliversAndTheGuestCompletes() {
    Explanation found = wired(Contender.AUTOMATIC_LINUX, WIRED_IRQFD, WIRED_TRIGGER).get(0);
    assertThat(found.cause()).isEqualTo(Cause.BYPASSED);
    assertThat(found.hops().get(1).text()).contains("the guest completes it");
  }

  @Test
  void irqActive() {
    Explanation found =
        wired(
                Contender.AUTOMATIC_LINUX,
                WIRED_TRIGGER,
                "device: irq.raise dev=uart index=0 level=1",
                WIRED_IRQFD)
            .get(0);
    assertThat(found.cause()).isEqualTo(Cause.IRQ_ACTIVE);
    assertThat(found.errno()).isEqualTo(Errno.EAGAIN);
  }

  private static final String EVENT_0 = route("msi:24:0x08090040:0:0:1:32");

  /** A guest on a GICv4 that translates events 0 and 1 of a device to LPIs of one vCPU each. */
  private static ImmutableList<Explanation> virtualLpis(String... steps) {
    String text =
        """
        name: vlpis
        platform: arm64-gicv4
        devices:
          nic: { intx: 1, msi: 0, msix: 2, err: 1, req: 1, reset: true }
        steps:
          - vmm:
              - vm.new vm=v0
              - vm.vgic vm=v0 vcpus=2
              - dev.open dev=nic
              - ef.new fd=e0
              - ef.new fd=e1
          - guest:
              - its.cmd vm=v0 cmd=MAPD devid=32
              - its.cmd vm=v0 cmd=MAPTI devid=32 event=0 lpi=8192 col=0
              - its.cmd vm=v0 cmd=MAPTI devid=32 event=1 lpi=8193 col=1
          - %s
        """
            .formatted(Joiner.on("\n  - ").join(steps));
    return explain(text, Contender.AUTOMATIC_LINUX);
  }

  private static Explanation vlpi(String... steps) {
    return first("MSIX", virtualLpis(steps));
  }

  @Test
  void vlpi_hardwareDeliversItToTheVcpu() {
    Explanation found = vlpi(EVENT_0, IRQFD, TRIGGER, "guest: guest.enter vm=v0 vcpu=0");
    assertThat(found.cause()).isEqualTo(Cause.BYPASSED);
    assertThat(stages(found, Hop.Pace.FAST)).containsExactly("DEVICE", "HOST", "VCPU").inOrder();
    assertThat(found.hops().get(2).text())
        .isEqualTo("vCPU 0 of v0 takes it in guest mode, without an exit");
  }

  @Test
  void vlpi_whoseVcpuIsPreempted() {
    Explanation found = vlpi(EVENT_0, IRQFD, TRIGGER, "host: guest.put vm=v0 vcpu=0");
    assertThat(found.cause()).isEqualTo(Cause.VCPU_PREEMPTED);
    assertThat(stages(found, Hop.Pace.SLOW)).containsExactly("VCPU");
  }

  @Test
  void vlpi_whoseVcpuBlocks() {
    Explanation found =
        vlpi(
            EVENT_0,
            IRQFD,
            TRIGGER,
            "host: guest.load vm=v0 vcpu=0 cpu=3",
            "guest: guest.block vm=v0 vcpu=0");
    assertThat(found.cause()).isEqualTo(Cause.VCPU_BLOCKED);
    assertThat(stages(found, Hop.Pace.SLOW)).containsExactly("VCPU");
    assertThat(found.hops().get(2).text())
        .isEqualTo("vCPU 0 of v0 sleeps, and is woken on physical CPU 3");
  }

  @Test
  void vlpi_thatTheGuestMovedAwayFromAVcpuThatBlocks() {
    Explanation found =
        vlpi(
            EVENT_0,
            IRQFD,
            TRIGGER,
            "guest: guest.block vm=v0 vcpu=0",
            "guest: its.cmd vm=v0 cmd=MOVI devid=32 event=0 col=1");
    assertThat(found.cause()).isEqualTo(Cause.BYPASSED);
    assertThat(found.hops().get(2).text()).startsWith("vCPU 1 of v0");
  }

  @Test
  void notTranslated() {
    Explanation found = vlpi(route("msi:24:0x08090040:7:0:1:32"), IRQFD, TRIGGER);
    assertThat(found.cause()).isEqualTo(Cause.NOT_TRANSLATED);
    assertThat(stages(found, Hop.Pace.SLOW)).containsExactly("HOST", "VFIO", "IRQFD").inOrder();
    assertThat(stages(found, Hop.Pace.ENDS)).containsExactly("ROUTE");
  }

  @Test
  void notTranslated_becauseNoItsIsThere() {
    Explanation found = vlpi(route("msi:24:0x12340000:0:0:1:32"), IRQFD, TRIGGER);
    assertThat(found.cause()).isEqualTo(Cause.NOT_TRANSLATED);
    assertThat(stages(found, Hop.Pace.ENDS)).containsExactly("ROUTE");
  }

  @Test
  void translationGone_andMappingItAgainDoesNotBypassItAgain() {
    String discard = "guest: its.cmd vm=v0 cmd=DISCARD devid=32 event=0";
    Explanation found = vlpi(EVENT_0, IRQFD, TRIGGER, discard);
    assertThat(found.cause()).isEqualTo(Cause.TRANSLATION_GONE);
    assertThat(stages(found, Hop.Pace.ENDS)).containsExactly("ROUTE");

    found =
        vlpi(
            EVENT_0,
            IRQFD,
            TRIGGER,
            discard,
            "guest: its.cmd vm=v0 cmd=MAPTI devid=32 event=0 lpi=8192 col=0");
    assertThat(found.cause()).isEqualTo(Cause.TRANSLATION_GONE);
    assertThat(stages(found, Hop.Pace.SLOW))
        .containsExactly("HOST", "VFIO", "IRQFD", "ROUTE")
        .inOrder();
  }

  @Test
  void guestInterruptTaken() {
    ImmutableList<Explanation> all =
        virtualLpis(
            route("msi:24:0x08090040:0:0:1:32;msi:25:0x08090040:0:0:1:32"),
            IRQFD,
            "vmm: kvm.irqfd vm=v0 fd=e1 gsi=25",
            "vmm: vfio.set_irqs dev=nic index=MSIX flags=DATA_EVENTFD|ACTION_TRIGGER start=0"
                + " count=2 fds=e0,e1");
    Explanation second =
        all.stream().filter(one -> one.interrupt().vector() == 1).findFirst().get();
    assertThat(first("MSIX", all).cause()).isEqualTo(Cause.BYPASSED);
    assertThat(second.cause()).isEqualTo(Cause.GUEST_INTERRUPT_TAKEN);
    assertThat(stages(second, Hop.Pace.SLOW)).contains("ROUTE");
  }

  @Test
  void routeChanged() {
    Explanation found = vlpi(EVENT_0, IRQFD, TRIGGER, route("msi:24:0x08090040:1:0:1:32"));
    assertThat(found.cause()).isEqualTo(Cause.ROUTE_CHANGED);
    assertThat(stages(found, Hop.Pace.SLOW))
        .containsExactly("HOST", "VFIO", "IRQFD", "ROUTE")
        .inOrder();
    assertThat(found.hops().get(5).text()).contains("LPI 8193");
  }

  /** The library's reasons and these causes never drift apart. */
  @ParameterizedTest
  @EnumSource(BypassReason.class)
  void everyReasonIsACause(BypassReason reason) {
    assertThat(Cause.of(reason).name()).isEqualTo(reason.name());
    assertThat(Cause.of(reason).meaning()).isNotEmpty();
    assertThat(Cause.of(reason).remedy()).isNotEmpty();
  }
}
