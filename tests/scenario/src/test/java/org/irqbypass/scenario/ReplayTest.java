package org.irqbypass.scenario;

import static com.google.common.truth.Truth.assertThat;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Replays: what is compared, what is counted, what is carried from case to case. */
class ReplayTest {
  private static String meta(String platform, String more) {
    return "{\"meta\":{\"profile\":\"LINUX_6_1\",\"platform\":\""
        + platform
        + "\",\"trace\":true"
        + more
        + ",\"devices\":{\"nic\":{\"intx\":1,\"msi\":1,\"msix\":5,\"err\":1,\"req\":1,"
        + "\"reset\":true},\"rtc\":{\"platform\":[\"edge\"],\"amba\":true,\"reset\":true}}}}\n";
  }

  private static String line(String ofCase, int step, String op, String result, String trace) {
    String ret = result.equals("0") ? "0,\"errno\":null" : "-1,\"errno\":\"" + result + "\"";
    return "{\"case\":\""
        + ofCase
        + "\",\"step\":"
        + step
        + ",\"op\":{"
        + op.replace('\'', '"')
        + "},\"ret\":"
        + ret
        + ",\"out\":{},\"trace\":["
        + trace
        + "]}\n";
  }

  private static String line(String ofCase, int step, String op, String result) {
    return line(ofCase, step, op, result, "");
  }

  private static final String NEW = "'name':'ef.new','fd':'e0'";
  private static final String READ = "'name':'ef.read','fd':'e0'";

  @Test
  void differencesNameCaseStepOperationAndBothResults() {
    ReplayReport report =
        replay(
            meta("x86-remapped", "")
                + line("A", 1, NEW, "0")
                + line("A", 2, READ, "EAGAIN")
                + line("B", 1, READ, "EBADF")
                + line("B", 4, NEW, "ENOSPC"),
            null);
    assertThat(report.cases()).isEqualTo(2);
    assertThat(report.operations()).isEqualTo(4);
    assertThat(report.mismatches()).isEqualTo(1);
    assertThat(report.matches()).isFalse();
    assertThat(report.differences().get(0).toString())
        .isEqualTo("B 4: ef.new fd=e0: recorded -1 ENOSPC, got 0");
    assertThat(report.toString())
        .isEqualTo("r on x86-remapped, results: cases=2 operations=4 mismatches=1");
  }

  @Test
  void outputsAreComparedAtTheirLevelOnly() {
    String text = meta("x86-remapped", "") + line("A", 1, NEW, "0") + poll(2, "'revents':5", "");
    assertThat(replay(text, null, Level.RESULTS).differences()).isEmpty();
    ReplayReport report = replay(text, null, Level.OUTPUTS);
    assertThat(report.operations()).isEqualTo(2);
    assertThat(report.mismatches()).isEqualTo(1);
    assertThat(report.differences().get(0).toString())
        .isEqualTo("A 2: ef.poll fd=e0: recorded 0 {revents=5}, got 0 {revents=4}");
  }

  @Test
  void outputsThatWereNotRecordedDiffer() {
    String text = line("A", 1, NEW, "0") + poll(2, "", "");
    assertThat(replay(meta("x86-remapped", "") + text, null, Level.OUTPUTS).mismatches())
        .isEqualTo(1);
    assertThat(
            replay(meta("x86-remapped", ",\"vmm\":\"QEMU\"") + text, null, Level.OUTPUTS)
                .mismatches())
        .isEqualTo(0);
  }

  @Test
  void whereOnlyTheResultIsReproducibleOutputsAreNotCompared() {
    String only = ",'compare':'results'";
    String text =
        meta("x86-remapped", "")
            + line("A", 1, NEW, "0")
            + poll(2, "'revents':5", only)
            + line("A", 3, NEW, "ENOSPC");
    ReplayReport report = replay(text, null, Level.OUTPUTS);
    assertThat(report.differences()).hasSize(1);
    assertThat(report.differences().get(0).step()).isEqualTo(3);
  }

  private static String poll(int step, String out, String more) {
    return line("A", step, "'name':'ef.poll','fd':'e0'", "0")
        .replace("\"out\":{}", "\"out\":{" + out.replace('\'', '"') + "}")
        .replace("]}\n", "]" + more.replace('\'', '"') + "}\n");
  }

  private static final String TO_E0 =
      "'name':'vfio.set_irqs','dev':'nic','index':'MSI','flags':'DATA_EVENTFD|ACTION_TRIGGER',"
          + "'start':0,'count':1,'fds':'e0'";

  /** A line whose operation returned something besides. */
  private static String returning(String out, String line) {
    return line.replace("\"out\":{}", "\"out\":{" + out.replace('\'', '"') + "}");
  }

  private static String triggerSet(String... trace) {
    return meta("x86-remapped", "")
        + returning("'group_flags':1", line("A", 1, "'name':'dev.open','dev':'nic'", "0"))
        + line("A", 2, NEW, "0")
        + returning(
            "'argsz':24,'flags':36",
            line("A", 3, TO_E0, "0", "\"" + String.join("\",\"", trace) + "\""));
  }

  @Test
  void tracesAreComparedLineByLineAndOnlyAtTheirLevel() {
    String right =
        triggerSet(
            "vfio_msi_set_vector_signal(0,e0)",
            "irq_bypass_register_producer(e0)",
            "irq_bypass_register_producer=0",
            "vfio_msi_set_vector_signal=0");
    assertThat(replay(right, null, Level.TRACE).differences()).isEmpty();
    String wrong = right.replace("producer=0", "producer=-16");
    assertThat(replay(wrong, null, Level.OUTPUTS).differences()).isEmpty();
    ReplayReport report = replay(wrong, null, Level.TRACE);
    assertThat(report.mismatches()).isEqualTo(1);
    assertThat(report.differences().get(0).recorded())
        .isEqualTo("in line 3 of the trace irq_bypass_register_producer=-16");
    assertThat(report.differences().get(0).got())
        .isEqualTo("in line 3 of the trace irq_bypass_register_producer=0");
  }

  @Test
  void aTraceThatEndsEarlierOrLaterDiffers() {
    String[] lines = {
      "vfio_msi_set_vector_signal(0,e0)",
      "irq_bypass_register_producer(e0)",
      "irq_bypass_register_producer=0"
    };
    ReplayReport report = replay(triggerSet(lines), null, Level.TRACE);
    assertThat(report.differences().get(0).recorded())
        .isEqualTo("in line 4 of the trace nothing more");
    assertThat(
            replay(
                    triggerSet(
                        lines[0], lines[1], lines[2], "vfio_msi_set_vector_signal=0", "more"),
                    null,
                    Level.TRACE)
                .differences()
                .get(0)
                .recorded())
        .isEqualTo("in line 5 of the trace more");
  }

  @Test
  void aSideThatWasNeverRegisteredHasNoTokenAndKeepsTheOneOfAFailedRegistrationOnlyAsConsumer() {
    ReplayReport report =
        replay(
            meta("x86-remapped", "")
                + returning(
                    "'calls':[]",
                    line(
                        "A",
                        1,
                        "'name':'byp','cmd':'uc','slot':2",
                        "0",
                        "\"irq_bypass_unregister_consumer(NULL)\""))
                + returning(
                    "'calls':[]",
                    line(
                        "A",
                        2,
                        "'name':'byp','cmd':'rc','slot':2,'token':1,'flags':'A'",
                        "EINVAL",
                        "\"irq_bypass_register_consumer(token1)\","
                            + "\"irq_bypass_register_consumer=-22\""))
                + returning(
                    "'calls':[]",
                    line(
                        "A",
                        3,
                        "'name':'byp','cmd':'uc','slot':2",
                        "0",
                        "\"irq_bypass_unregister_consumer(token1)\"")),
            null,
            Level.TRACE);
    assertThat(report.differences()).isEmpty();
  }

  @Test
  void anotherPlatformIsTakenWhereToldAndAnUnknownOneRefused() {
    String text = meta("vax", "") + line("A", 1, NEW, "0");
    assertThat(assertThrows(InputException.class, () -> replay(text, null)))
        .hasMessageThat()
        .startsWith("r:1:");
    ReplayReport report = replay(text, "arm64-gicv3");
    assertThat(report.toString())
        .isEqualTo("r on arm64-gicv3, results: cases=1 operations=1 mismatches=0");
  }

  @Test
  void theMachineIsNotSwitchedOffBetweenCases() {
    String trigger =
        "'name':'vfio.set_irqs','dev':'rtc','index':0,'flags':'DATA_EVENTFD|ACTION_TRIGGER',"
            + "'start':0,'count':1,'fds':'e0'";
    ReplayReport report =
        replay(
            meta("arm64-gicv3", "")
                + line("A", 1, "'name':'dev.open','dev':'rtc'", "0")
                + line("A", 2, "'name':'pl031.raise','dev':'rtc'", "0")
                + line("A", 3, "'name':'teardown'", "0")
                + line("B", 1, "'name':'dev.open','dev':'rtc'", "0")
                + line("B", 2, NEW, "0")
                + line("B", 3, trigger, "0")
                + line("B", 4, READ, "0"),
            null);
    assertThat(report.differences()).isEmpty();
  }

  @Test
  void sessionsShowSuccessAsZeroAndEffectsAreNotCompared() {
    String session = meta("x86-remapped", ",\"vmm\":\"QEMU\"");
    ReplayReport report =
        replay(
            session
                + line("S", 1, "'name':'vm.new','vm':'v0'", "0")
                + line("S", 2, "'name':'vm.irqchip','vm':'v0'", "0")
                + line("S", 3, "'name':'vm.vcpu','vm':'v0','vcpu':0", "0")
                + line("S", 4, "'name':'kvm.signal_msi','vm':'v0','data':'0x41'", "0")
                + line("S", 5, "'name':'kvm.inject','vcpu':0,'vec':65", "EIO")
                + line("S", 6, "'name':'kvm.eoi','vcpu':0,'vec':65", "0"),
            null);
    assertThat(report.differences()).isEmpty();
    assertThat(report.operations()).isEqualTo(5);
  }

  @Test
  void aSessionsLinesShowWhatTheGuestAndTheDeviceDid() {
    String session = meta("x86-remapped", ",\"vmm\":\"QEMU\"");
    String text =
        session
            + line("S", 1, "'name':'vm.vcpu','vm':'v0','vcpu':1", "0")
            + line(
                "S",
                2,
                "'name':'kvm.irq_line','vm':'v0','gsi':10,'level':0",
                "0",
                "\"kvm_pic_set_irq: chip 1 pin 2 (level|masked)\","
                    + "\"kvm_ioapic_set_irq: pin 10 dst 1 vec 36 (Fixed|physical|level)\"")
            + line("S", 3, "'name':'irq.arrive','dev':'nic','index':'INTX','vector':0", "0")
            + line(
                "S",
                4,
                "'name':'kvm.eoi','vcpu':0,'vec':36",
                "0",
                "\"vfio_pci_intx_unmask_handler\",\"vfio_pci_intx_unmask_handler=0\"");
    try (Recording recording = of(text)) {
      Scenario scenario = Scenario.of("s", "t", "a", recording.meta(), recording);
      assertThat(scenario.steps().stream().map(s -> s.actor() + ": " + s.operation()))
          .containsExactly(
              "vmm: vm.vcpu vm=v0 vcpu=1",
              "guest: kvm.lapic_setup vm=v0 vcpu=1 ldr=2",
              "guest: guest.pic_pin vm=v0 chip=1 pin=2 level=1 mask=1",
              "guest: guest.ioapic_pin vm=v0 pin=10 vector=36 level=1 mask=0 dest=1 logical=0"
                  + " mode=Fixed",
              "vmm: kvm.irq_line vm=v0 gsi=10 level=0",
              "device: irq.arrive dev=nic index=INTX vector=0",
              "device: irq.raise dev=nic index=INTX level=0",
              "guest: kvm.eoi vcpu=0 vec=36")
          .inOrder();
      assertThat(scenario.on("x86-posted").platform()).isEqualTo("x86-posted");
    }
  }

  private static Recording of(String text) {
    return Recording.open("r", new ByteArrayInputStream(text.getBytes(UTF_8)));
  }

  private static ReplayReport replay(String text, @Nullable String platform) {
    return replay(text, platform, Level.RESULTS);
  }

  private static ReplayReport replay(String text, @Nullable String platform, Level level) {
    try (Recording recording = of(text)) {
      return Replay.run(recording, ReplayOptions.at(level).onPlatform(platform));
    }
  }
}
