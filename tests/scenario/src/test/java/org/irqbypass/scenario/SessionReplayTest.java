package org.irqbypass.scenario;

import static com.google.common.truth.Truth.assertThat;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import java.io.ByteArrayInputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Sessions made up for the purpose: what the threads allow is a match, what they don't is not. A
 * line is {@code BEGIN+DURATION THREAD: OPERATION} and what it shows.
 */
class SessionReplayTest {
  private static final String META =
      "{\"meta\":{\"profile\":\"LINUX_6_1\",\"platform\":\"x86-remapped\",\"trace\":true,"
          + "\"vmm\":\"QEMU\",\"devices\":{"
          + "\"nic\":{\"intx\":1,\"msi\":4,\"msix\":0,\"err\":1,\"req\":1,\"reset\":true},"
          + "\"disk\":{\"intx\":1,\"msi\":1,\"msix\":0,\"err\":1,\"req\":1,\"reset\":true}}}}\n";

  private static final String PIN =
      "kvm_ioapic_set_irq: pin 21 dst 0 vec 36 (Fixed|physical|level)";

  private final List<String> session = new ArrayList<>();
  private long now;

  private SessionReplayTest line(String head, String... trace) {
    List<String> parts = Splitter.on(": ").limit(2).splitToList(head);
    List<String> when = Splitter.on(' ').splitToList(parts.get(0));
    List<String> micros = Splitter.on('+').splitToList(when.get(0));
    now = Long.parseLong(micros.get(0));
    session.add(
        "{\"case\":\"s\",\"step\":%d,\"t_us\":%d,\"dur_us\":%s,\"thread\":\"%s\",\"op\":%s,\"ret\":0,\"errno\":null,\"out\":{},\"trace\":[%s]}"
            .formatted(
                session.size() + 1,
                now,
                micros.size() == 1 ? "0" : micros.get(1),
                when.get(1),
                op(parts.get(1)),
                Arrays.stream(trace).map(t -> '"' + t + '"').collect(Collectors.joining(","))));
    return this;
  }

  private SessionReplayTest next(String op, String... trace) {
    return line(now + 100 + "+50 main: " + op, trace);
  }

  private static String op(String text) {
    List<String> words = Splitter.on(' ').splitToList(text);
    return words.stream()
        .skip(1)
        .map(word -> word.split("=", 2))
        .map(pair -> ",\"" + pair[0] + "\":\"" + pair[1] + '"')
        .collect(Collectors.joining("", "{\"name\":\"" + words.get(0) + '"', "}"));
  }

  private ReplayReport replay(Level level) {
    String text = META + String.join("\n", session) + "\n";
    try (Recording recording =
        Recording.open("r", new ByteArrayInputStream(text.getBytes(UTF_8)))) {
      return Replay.run(recording, ReplayOptions.at(level));
    }
  }

  private void matches() {
    ReplayReport report = replay(Level.TRACE);
    assertThat(report.differences()).isEmpty();
    assertThat(report.operations()).isEqualTo(session.size());
  }

  private void differs(String... starts) {
    ImmutableList<Difference> differences = replay(Level.TRACE).differences();
    assertThat(differences).hasSize(starts.length);
    for (int i = 0; i < starts.length; i++) {
      assertThat(differences.get(i).toString()).contains(starts[i]);
    }
  }

  /** A device in INTx, through an irqfd with a resampler, as QEMU sets it up. */
  private SessionReplayTest intx(String dev, String trigger, String resample) {
    return next("dev.open dev=" + dev)
        .next("ef.new fd=" + trigger)
        .next(set(dev, "INTX", "TRIGGER", 0, trigger))
        .next("ef.new fd=" + resample)
        .next(
            "kvm.irqfd vm=v0 fd=%s gsi=21 flags=RESAMPLE resamplefd=%s"
                .formatted(trigger, resample),
            "irq_bypass_register_consumer(" + trigger + ")",
            "irq_bypass_register_consumer=0")
        .next(set(dev, "INTX", "UNMASK", 0, resample));
  }

  private static String set(String dev, String index, String action, int start, String fd) {
    return "vfio.set_irqs dev=%s index=%s flags=DATA_EVENTFD|ACTION_%s start=%d count=1 fds=%s"
        .formatted(dev, index, action, start, fd);
  }

  private SessionReplayTest machine() {
    return next("vm.new vm=v0").next("vm.irqchip vm=v0").next("vm.vcpu vm=v0 vcpu=0");
  }

  private SessionReplayTest arrive(String dev, String trigger) {
    return line(
        now + 100 + "+50 irq/cpu0: irq.arrive dev=" + dev + " index=INTX vector=0 handled=1",
        "vfio_intx_handler",
        "eventfd_signal(" + trigger + ",1)",
        "vfio_intx_handler=1");
  }

  private SessionReplayTest injected() {
    return line(now + 100 + "+50 kworker: irqfd.inject gsi=21", INJECTED);
  }

  private static final String[] INJECTED = {
    "irqfd_inject",
    "kvm_set_irq: gsi 21 level 1 source 1",
    "kvm_apic_accept_irq: apicid 0 vec 36 (Fixed|level)",
    PIN
  };

  private SessionReplayTest taken(int vector) {
    return line(
        "%d vcpu0: kvm.inject vcpu=0 vec=%d".formatted(now + 100, vector),
        "kvm_inj_virq: IRQ 0x" + Integer.toHexString(vector));
  }

  private static final String[] ACKNOWLEDGED = {
    "kvm_ack_irq: irqchip IOAPIC pin 21",
    "irqfd_resampler_ack",
    "kvm_set_irq: gsi 21 level 0 source 1",
    PIN,
    "eventfd_signal(e1,1)",
    "vfio_pci_intx_unmask_handler",
    "vfio_pci_intx_unmask_handler=0"
  };

  private static String[] of(String first, String... rest) {
    return ImmutableList.<String>builder().add(first).add(rest).build().toArray(new String[0]);
  }

  private SessionReplayTest ended() {
    return line(
        now + 100 + "+50 vcpu0: kvm.eoi vcpu=0 vec=36",
        of("kvm_eoi: apicid 0 vector 36", ACKNOWLEDGED));
  }

  private SessionReplayTest start() {
    return machine().intx("nic", "e0", "e1");
  }

  @Test
  void deferredWorkIsALineOfItsOwn() {
    start().arrive("nic", "e0").injected().taken(36).ended();
    arrive("nic", "e0").injected().taken(36).ended().matches();
  }

  @Test
  void deferredWorkIsShownByACallThatGoesOnAtTheSameTime() {
    start().arrive("nic", "e0").next("mark text=x", INJECTED).taken(36).ended().matches();
  }

  @Test
  void deferredWorkMayBeCutInTwo() {
    start()
        .arrive("nic", "e0")
        .line(now + 90 + "+5 kworker: irqfd.inject gsi=21", INJECTED[0], INJECTED[1])
        .line(now + 10 + "+5 kworker: irqfd.inject gsi=21", INJECTED[2], INJECTED[3])
        .taken(36)
        .ended()
        .matches();
  }

  @Test
  void anEffectThatIsMissingIsNoMatch() {
    start().arrive("nic", "e0");
    line(now + 2_000_000 + " main: mark text=later")
        .differs(
            "irq.arrive dev=nic index=INTX vector=0 handled=1: recorded nothing more, got irqfd_inject");
  }

  @Test
  void anEffectThatMustNotOccurIsNoMatch() {
    start()
        .arrive("nic", "e0")
        .injected()
        .injected()
        .differs("got in line 1 of the trace nothing more");
  }

  @Test
  void anEffectBeforeItsCauseIsNoMatch() {
    start().injected().arrive("nic", "e0").differs("recorded in line 1 of the trace irqfd_inject");
  }

  @Test
  void anInjectionOfAnotherInterruptIsNoMatch() {
    start()
        .arrive("nic", "e0")
        .line(now + 100 + "+50 kworker: irqfd.inject gsi=20", INJECTED)
        .differs("recorded gsi 20, got kvm_set_irq: gsi 21");
  }

  @Test
  void aVectorThatDoesNotWaitIsNotTaken() {
    start().taken(36).differs("recorded in line 1 of the trace kvm_inj_virq: IRQ 0x24");
  }

  @Test
  void anEntryIsRepeatedOnlyForWhatIsInService() {
    start().arrive("nic", "e0").injected().taken(36);
    String again = "kvm_inj_virq: IRQ 0x24 [reinjected]";
    line(now + 10 + " vcpu0: kvm.inject vcpu=0 vec=36 reinjected=1", again).ended();
    line(now + 10 + " vcpu0: kvm.inject vcpu=0 vec=36 reinjected=1", again)
        .differs("[reinjected], got in line 1 of the trace nothing more");
  }

  @Test
  void anEndOfInterruptMayBeCutInTwo() {
    start().arrive("nic", "e0").injected().taken(36);
    line(now + 100 + " vcpu0: kvm.eoi vcpu=0 vec=36", "kvm_eoi: apicid 0 vector 36");
    next("mark text=between");
    line(now + 100 + " vcpu0: kvm.ack vcpu=0 gsi=21", ACKNOWLEDGED);
    arrive("nic", "e0").injected().taken(36).ended().matches();
  }

  @Test
  void anEndOfInterruptThatTellsNobodyIsNoMatch() {
    start().arrive("nic", "e0").injected().taken(36);
    line(now + 100 + " vcpu0: kvm.eoi vcpu=0 vec=36", "kvm_eoi: apicid 0 vector 36")
        .differs(
            "recorded in line 2 of the trace nothing more, got in line 2 of the trace kvm_ack_irq");
  }

  @Test
  void aCallThatWaitsForWorkDoesNotReturnBefore() {
    start();
    String[] shutdown = {
      "irqfd_shutdown",
      "irqfd_resampler_shutdown",
      "kvm_set_irq: gsi 21 level 0 source 1",
      "kvm_ioapic_set_irq: pin 21 dst 0 vec 0 (Fixed|physical|edge|masked)",
      "irq_bypass_unregister_consumer(e0)"
    };
    next("kvm.irqfd vm=v0 fd=e0 gsi=21 flags=DEASSIGN", shutdown).matches();
    session.remove(session.size() - 1);
    next("kvm.irqfd vm=v0 fd=e0 gsi=21 flags=DEASSIGN");
    line(now + 60 + " kworker: kworker work=irqfd_shutdown", shutdown);
    assertThat(replay(Level.TRACE).differences().get(0).toString())
        .contains(
            "recorded in line 1 of the trace nothing more, got in line 1 of the trace irqfd_shutdown");
  }

  @Test
  void anOverlappingCallMayHaveHadItsEffectLater() {
    swapDuringAnArrival(120).matches();
  }

  @Test
  void aLineThatDiffersForGoodDoesNotEndTheSearchForOrders() {
    machine().taken(36).swapOfTriggers(120).differs("recorded in line 1 of the trace kvm_inj_virq");
  }

  @Test
  void aCallThatHadReturnedHasHadItsEffect() {
    swapDuringAnArrival(160).differs("recorded in line 1 of the trace vfio_msihandler(e0)");
  }

  /** A message arrives for the trigger that a call, made 100 µs before its begin, replaces. */
  private SessionReplayTest swapDuringAnArrival(int after) {
    return machine().swapOfTriggers(after);
  }

  private SessionReplayTest swapOfTriggers(int after) {
    next("dev.open dev=nic").next("ef.new fd=e0").next("ef.new fd=e1");
    next(
        set("nic", "MSI", "TRIGGER", 0, "e0"),
        "vfio_msi_set_vector_signal(0,e0)",
        "irq_bypass_register_producer(e0)",
        "irq_bypass_register_producer=0",
        "vfio_msi_set_vector_signal=0");
    next("cfg.write dev=nic off=4 size=2 val=0x407");
    long begin = now + 100;
    line(
        begin + "+50 main: " + set("nic", "MSI", "TRIGGER", 0, "e1"),
        "vfio_msi_set_vector_signal(0,e1)",
        "irq_bypass_unregister_producer(e0)",
        "irq_bypass_register_producer(e1)",
        "irq_bypass_register_producer=0",
        "vfio_msi_set_vector_signal=0");
    return line(
        begin + after - 100 + "+5 irq/cpu0: irq.arrive dev=nic index=MSI vector=0",
        "vfio_msihandler(e0)",
        "eventfd_signal(e0,1)");
  }

  @Test
  void ofTwoDevicesOnOneLineTheOneThatIsHighSignalsAgain() {
    start().intx("disk", "e2", "e3").arrive("nic", "e0").injected().taken(36);
    line(
        now + 100 + "+50 vcpu0: kvm.eoi vcpu=0 vec=36",
        "kvm_eoi: apicid 0 vector 36",
        "kvm_ack_irq: irqchip IOAPIC pin 21",
        "irqfd_resampler_ack",
        "kvm_set_irq: gsi 21 level 0 source 1",
        PIN,
        "eventfd_signal(e3,1)",
        "vfio_pci_intx_unmask_handler",
        "vfio_pci_intx_unmask_handler=0",
        "eventfd_signal(e1,1)",
        "vfio_pci_intx_unmask_handler",
        "vfio_pci_intx_unmask_handler=1");
    line(now + 100 + "+50 kworker: virqfd.inject", "virqfd_inject", "eventfd_signal(e0,1)");
    injected().taken(36).matches();
  }

  @Test
  void aLevelOfTheMonitorsOwnIsTakenUnseen() {
    machine();
    String pin = "kvm_ioapic_set_irq: pin 20 dst 0 vec 33 (Fixed|physical|level)";
    for (int i = 0; i < 2; i++) {
      next(
          "kvm.irq_line vm=v0 gsi=20 level=1 status=1",
          "kvm_set_irq: gsi 20 level 1 source 0",
          "kvm_apic_accept_irq: apicid 0 vec 33 (Fixed|level)",
          pin);
      next(
          "kvm.irq_line vm=v0 gsi=20 level=0 status=1",
          "kvm_set_irq: gsi 20 level 0 source 0",
          pin);
    }
    matches();
  }

  @Test
  void anEdgeOfTheMonitorsOwnStandsInNobodysWay() {
    machine().next(msi(0x61), accepted(0x61)).next(msi(0x41), accepted(0x41)).taken(0x41).matches();
    assertThat(replay(Level.TRACE).undecided()).isEmpty();
  }

  @Test
  void aPinMayNameItsDestinationLogically() {
    String pin = "kvm_ioapic_set_irq: pin 20 dst 1 vec 49 (LowPrio|logical|edge)";
    machine()
        .next(
            "kvm.irq_line vm=v0 gsi=20 level=1 status=1",
            "kvm_set_irq: gsi 20 level 1 source 0",
            "kvm_apic_accept_irq: apicid 0 vec 49 (LowPrio|edge)",
            pin)
        .taken(49)
        .matches();
  }

  @Test
  void whatThePicHasEntersTheGuestByItsPin() {
    machine()
        .next(
            "kvm.irq_line vm=v0 gsi=3 level=1 status=1",
            "kvm_set_irq: gsi 3 level 1 source 0",
            "kvm_ioapic_set_irq: pin 3 dst 0 vec 0 (Fixed|physical|edge|masked)",
            "kvm_pic_set_irq: chip 0 pin 3 (edge)")
        .taken(0xb);
    line(now + 10 + " vcpu0: kvm.ack vcpu=0 gsi=3", "kvm_ack_irq: irqchip PIC master pin 3");
    matches();
    taken(0xb).differs("IRQ 0xb, got in line 1 of the trace nothing more");
  }

  @Test
  void aHostInterruptThatIsAnotherDevicesIsNotClaimed() {
    start()
        .next(
            "irq.arrive dev=nic index=INTX vector=0 handled=0",
            "vfio_intx_handler",
            "vfio_intx_handler=0")
        .arrive("nic", "e0")
        .injected()
        .matches();
  }

  @Test
  void theGuestUnmasksAPinBeforeItTakesWhatWaitedThere() {
    start().arrive("nic", "e0");
    line(
        now + 100 + "+50 kworker: irqfd.inject gsi=21",
        "irqfd_inject",
        "kvm_set_irq: gsi 21 level 1 source 1",
        "kvm_ioapic_set_irq: pin 21 dst 0 vec 0 (Fixed|physical|edge|masked)");
    taken(36).ended().matches();
  }

  @Test
  void whatIsInServiceIsForgottenOnlyWhereTheMachineIsReset() {
    machine().next("dev.open dev=nic");
    next(msi(0x41), accepted(0x41)).taken(0x41);
    next(msi(0x42), accepted(0x42)).taken(0x42).differs("IRQ 0x42, got");
  }

  @Test
  void aLineOfAnInjectionThatIsMissingIsNoMatch() {
    start().arrive("nic", "e0").injected().taken(36).ended().arrive("nic", "e0");
    line(now + 100 + "+50 kworker: irqfd.inject gsi=21", INJECTED[0], INJECTED[1], INJECTED[2]);
    taken(36).ended().arrive("nic", "e0").injected().taken(36).ended();
    line(now + 2_000_000 + " main: mark text=later")
        .differs("irqfd.inject gsi=21: recorded nothing more, got " + PIN);
  }

  @Test
  void aGuestThatIsResetForgetsAndThatIsUndecided() {
    machine().next("dev.open dev=nic");
    next(msi(0x51), accepted(0x51)).taken(0x51);
    line(now + 10 + " vcpu0: kvm.eoi vcpu=0 vec=81", "kvm_eoi: apicid 0 vector 81");
    next(msi(0x51), accepted(0x51));
    next(msi(0x41), accepted(0x41)).taken(0x41);
    next("vfio.reset dev=nic");
    next(msi(0x42), accepted(0x42)).taken(0x42).matches();
    ReplayReport report = replay(Level.TRACE);
    assertThat(report.undecided().stream().map(Undecided::rule))
        .containsExactly(Undecided.Rule.THE_GUEST_FORGOT, Undecided.Rule.THE_GUEST_FORGOT);
    assertThat(report.isDecided()).isFalse();
    assertThat(report.matches()).isFalse();
    assertThat(report.toString()).endsWith("mismatches=0 undecided=2");
    assertThat(replay(Level.OUTPUTS).undecided()).isEmpty();
  }

  private static String msi(int vector) {
    return "kvm.signal_msi vm=v0 lo=0xfee00000 hi=0 data=" + vector + " flags=0";
  }

  private static String[] accepted(int vector) {
    return new String[] {
      "kvm_msi_set_irq: dst 0 vec " + vector + " (Fixed|physical|edge)",
      "kvm_apic_accept_irq: apicid 0 vec " + vector + " (Fixed|edge)"
    };
  }

  @Test
  void aHigherVectorThatIsTakenLaterComesFirst() {
    machine().next(msi(0x51), accepted(0x51)).next(msi(0x41), accepted(0x41));
    taken(0x41)
        .taken(0x51)
        .differs("IRQ 0x41, got in line 1 of the trace kvm_inj_virq: IRQ 0x51", "0x51");
  }

  @Test
  void whatTheEndCutsOffIsUndecided() {
    start().arrive("nic", "e0");
    matches();
    assertThat(replay(Level.TRACE).undecided())
        .containsExactly(new Undecided("s", session.size(), Undecided.Rule.THE_RECORDING_ENDS));
  }

  @Test
  void theEndOfTheMonitorClosesEverythingItsEventfdsFirst() {
    start().next("exit");
    line(now + 100 + " kworker: kworker work=virqfd_shutdown", "virqfd_shutdown");
    line(
        now + 100 + " kworker: kworker work=irqfd_shutdown",
        "irqfd_shutdown",
        "irqfd_resampler_shutdown");
    line(
        now + 100 + " kworker: kworker work=irqfd_shutdown",
        "kvm_set_irq: gsi 21 level 0 source 1",
        "kvm_ioapic_set_irq: pin 21 dst 0 vec 0 (Fixed|physical|edge|masked)",
        "irq_bypass_unregister_consumer(e0)");
    matches();
    assertThat(replay(Level.TRACE).undecided()).isEmpty();
  }

  @Test
  void aGuestOnArmHasNoLocalApic() {
    next("vm.new vm=v0").next("vm.vcpu vm=v0 vcpu=0");
    String text = META.replace("x86-remapped", "arm64-gicv3") + String.join("\n", session);
    try (Recording recording =
        Recording.open("r", new ByteArrayInputStream(text.getBytes(UTF_8)))) {
      assertThat(Replay.run(recording, ReplayOptions.at(Level.TRACE)).matches()).isTrue();
    }
  }

  @Test
  void effectsAreNoOperationsWhereTheyAreNotCompared() {
    start().injected();
    assertThat(replay(Level.OUTPUTS).matches()).isTrue();
    assertThat(replay(Level.OUTPUTS).operations()).isEqualTo(session.size() - 1);
  }
}
