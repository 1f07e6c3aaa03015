package org.irqbypass.scenario;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.stream.IntStream;
import org.irqbypass.eventfd.EventfdEvent;
import org.irqbypass.host.Trigger;
import org.irqbypass.registry.ConnectPolicy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A device of any name and any counts needs a line of description, and nothing else. */
class DescribedDeviceTest {
  private static final String SIXTEEN = "intx:1,msi:16,msix:0,err:1,req:1,reset:true";
  private static final String ONLY_INTX = "intx:1,err:none";
  private static final String SILENT = "reset:true";

  private static Runner with(String platform, String name, String description) {
    return new Runner(
        SimulatedHost.create(
            new HostOptions(
                platform,
                KernelProfile.LINUX_6_1,
                ConnectPolicy.OPPORTUNISTIC,
                ImmutableMap.of(name, DeviceDescription.parse(description)),
                false,
                true)));
  }

  private static String result(Runner runner, String operation) {
    return runner.run(Operation.parse(operation)).result();
  }

  private static Object out(Runner runner, String operation, String name) {
    Outcome outcome = runner.run(Operation.parse(operation));
    assertWithMessage(operation).that(outcome.succeeded()).isTrue();
    return requireNonNull(outcome.out().get(name), name);
  }

  @ParameterizedTest(name = "{0}: {1} of index {2}, flags {3}")
  @CsvSource({
    "'intx:1,msi:16,err:1', 1, INTX, 7",
    "'intx:1,msi:16,err:1', 16, MSI, 9",
    "'intx:1,msi:16,err:1', 0, MSIX, 9",
    "'intx:1,msi:16,err:1', 1, ERR, 9",
    "'intx:1,msi:16,err:1', 1, REQ, 9",
    "'intx:1,err:none', 0, MSI, 9",
    "'reset:true', 0, INTX, 7",
    "'reset:true', 1, REQ, 9"
  })
  void infoIsWhatIsDescribed(String description, long count, String index, long flags) {
    Runner runner = with("x86-remapped", "card", description);
    runner.run(Operation.parse("dev.open dev=card"));
    Map<String, Object> info =
        runner.run(Operation.parse("vfio.irq_info dev=card index=" + index)).out();
    assertThat(info).containsEntry("count", count);
    assertThat(info).containsEntry("flags", flags);
    assertThat(out(runner, "vfio.info dev=card", "num_irqs")).isEqualTo(5L);
  }

  @ParameterizedTest
  @ValueSource(strings = {"err:none", "err:null", "err:0", "msi:1"})
  void withoutErrThereIsNoSuchIndex(String description) {
    Runner runner = with("x86-remapped", "card", description);
    runner.run(Operation.parse("dev.open dev=card"));
    assertThat(result(runner, "vfio.irq_info dev=card index=ERR")).isEqualTo("-1 EINVAL");
  }

  @ParameterizedTest
  @CsvSource({"'reset:true', 0, 3", "'reset:false', -1 EINVAL, 2", "'msi:1', -1 EINVAL, 2"})
  void resetWorksWhereItIsDescribed(String description, String result, long flags) {
    Runner runner = with("x86-remapped", "card", description);
    runner.run(Operation.parse("dev.open dev=card"));
    assertThat(result(runner, "vfio.reset dev=card")).isEqualTo(result);
    assertThat(out(runner, "vfio.info dev=card", "flags")).isEqualTo(flags);
  }

  /** Sixteen messages: set, signalled by hand, raised by the device, taken back. */
  @ParameterizedTest
  @ValueSource(strings = {"x86-remapped", "x86-posted", "arm64-gicv3"})
  void sixteenMessagesAndNoMsix(String platform) {
    Runner runner = with(platform, "card", SIXTEEN);
    runner.run(Operation.parse("dev.open dev=card"));
    IntStream.range(0, 16).forEach(i -> runner.run(Operation.parse("ef.new fd=e" + i)));
    String fds = String.join(",", IntStream.range(0, 16).mapToObj(i -> "e" + i).toList());
    String trigger = "vfio.set_irqs dev=card index=MSI flags=DATA_EVENTFD|ACTION_TRIGGER start=0";
    assertThat(result(runner, trigger + " count=17 fds=" + fds + ",e0")).isEqualTo("-1 EINVAL");
    assertThat(result(runner, trigger + " count=16 fds=" + fds)).isEqualTo("0");
    for (int i = 0; i < 16; i++) {
      String loopBack =
          "vfio.set_irqs dev=card index=MSI flags=DATA_NONE|ACTION_TRIGGER count=1 start=" + i;
      assertThat(result(runner, loopBack)).isEqualTo("0");
      assertThat(out(runner, "ef.read fd=e" + i, "value")).isEqualTo(1L);
      runner.run(Operation.parse("irq.raise dev=card index=MSI vector=" + i));
      runner.run(Operation.parse("irq.raise dev=card index=MSI vector=" + i));
      assertThat(out(runner, "ef.read fd=e" + i, "value")).isEqualTo(2L);
    }
    String bools = "vfio.set_irqs dev=card index=MSI flags=DATA_BOOL|ACTION_TRIGGER start=14";
    assertThat(result(runner, bools + " count=2 bools=0,1")).isEqualTo("0");
    assertThat(result(runner, "ef.read fd=e14")).isEqualTo("-1 EAGAIN");
    assertThat(out(runner, "ef.read fd=e15", "value")).isEqualTo(1L);
    for (String action : ImmutableList.of("MASK", "UNMASK")) {
      assertThat(
              result(
                  runner,
                  "vfio.set_irqs dev=card index=MSI flags=DATA_NONE|ACTION_"
                      + action
                      + " start=0 count=1"))
          .isEqualTo("-1 ENOTTY");
    }
    assertThat(
            result(
                runner,
                "vfio.set_irqs dev=card index=MSIX flags=DATA_NONE|ACTION_TRIGGER start=0 count=0"))
        .isEqualTo("-1 EINVAL");
    assertThat(
            result(
                runner,
                "vfio.set_irqs dev=card index=MSI flags=DATA_NONE|ACTION_TRIGGER start=0 count=0"))
        .isEqualTo("0");
    runner.run(Operation.parse("irq.raise dev=card index=MSI vector=3"));
    assertThat(result(runner, "ef.read fd=e3")).isEqualTo("-1 EAGAIN");
  }

  @Test
  void theHostMayAllocateFewerMessagesThanTheDeviceHas() {
    Runner runner = with("arm64-gicv3", "card", SIXTEEN + ",msiAllocatable:4");
    runner.run(Operation.parse("dev.open dev=card"));
    assertThat(
            result(
                runner,
                "vfio.set_irqs dev=card index=MSI flags=DATA_EVENTFD|ACTION_TRIGGER start=0"
                    + " count=5 fds=-1,-1,-1,-1,-1"))
        .isEqualTo("4");
  }

  /** The message of a device that nobody modelled reaches a guest, past the host. */
  @Test
  void itsMessagesArePosted() {
    Runner runner = with("x86-posted", "card", SIXTEEN);
    for (String operation :
        ImmutableList.of(
            "dev.open dev=card",
            "vm.new vm=v0",
            "vm.irqchip vm=v0",
            "vm.vcpu vm=v0 vcpu=0",
            "kvm.lapic_setup vm=v0 vcpu=0",
            "kvm.routing vm=v0 entries=msi:24:0xfee00000:0x41",
            "ef.new fd=e0",
            "vfio.set_irqs dev=card index=MSI flags=DATA_EVENTFD|ACTION_TRIGGER start=0 count=16"
                + " fds=-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,e0",
            "kvm.irqfd vm=v0 fd=e0 gsi=24")) {
      assertWithMessage(operation).that(result(runner, operation)).isEqualTo("0");
    }
    Outcome raised = runner.run(Operation.parse("irq.raise dev=card index=MSI vector=15"));
    assertThat(raised.events().stream().anyMatch(EventfdEvent.Signal.class::isInstance)).isFalse();
    assertThat(out(runner, "guest.take vm=v0 vcpu=0", "vector")).isEqualTo(0x41L);
  }

  @Test
  void onlyAWire() {
    Runner runner = with("x86-remapped", "card", ONLY_INTX);
    String set = "vfio.set_irqs dev=card index=INTX start=0 count=1 flags=";
    runner.run(Operation.parse("dev.open dev=card"));
    runner.run(Operation.parse("ef.new fd=e0"));
    runner.run(Operation.parse("ef.new fd=e1"));
    assertThat(result(runner, set + "DATA_EVENTFD|ACTION_TRIGGER fds=e0")).isEqualTo("0");
    assertThat(result(runner, set + "DATA_EVENTFD|ACTION_UNMASK fds=e1")).isEqualTo("0");
    assertThat(result(runner, set + "DATA_NONE|ACTION_TRIGGER")).isEqualTo("0");
    assertThat(out(runner, "ef.read fd=e0", "value")).isEqualTo(1L);
    runner.run(Operation.parse("irq.raise dev=card index=INTX"));
    assertThat(out(runner, "ef.read fd=e0", "value")).isEqualTo(1L);
    runner.run(Operation.parse("ef.write fd=e1"));
    assertThat(out(runner, "ef.read fd=e0", "value")).isEqualTo(1L);
    runner.run(Operation.parse("irq.raise dev=card index=INTX level=0"));
    assertThat(result(runner, set + "DATA_NONE|ACTION_UNMASK")).isEqualTo("0");
    assertThat(result(runner, "ef.read fd=e0")).isEqualTo("-1 EAGAIN");
    for (String index : ImmutableList.of("MSI", "MSIX", "ERR")) {
      assertThat(
              result(
                  runner,
                  "vfio.set_irqs dev=card index="
                      + index
                      + " flags=DATA_NONE|ACTION_TRIGGER start=0 count=0"))
          .isEqualTo("-1 EINVAL");
    }
  }

  @Test
  void noInterruptAtAll() {
    Runner runner = with("x86-remapped", "card", SILENT);
    runner.run(Operation.parse("dev.open dev=card"));
    for (String index : ImmutableList.of("INTX", "MSI", "MSIX", "ERR")) {
      for (String set :
          ImmutableList.of(
              "flags=DATA_NONE|ACTION_TRIGGER start=0 count=0",
              "flags=DATA_NONE|ACTION_UNMASK start=0 count=1",
              "flags=DATA_EVENTFD|ACTION_TRIGGER start=0 count=1 fds=-1")) {
        assertThat(result(runner, "vfio.set_irqs dev=card index=" + index + " " + set))
            .isEqualTo("-1 EINVAL");
      }
      InputException wrong =
          assertThrows(
              InputException.class,
              () -> runner.run(Operation.parse("irq.raise dev=card index=" + index)));
      assertThat(wrong).hasMessageThat().contains("expected an interrupt that it has");
    }
    assertThat(result(runner, "edu.raise dev=card")).isEqualTo("0");
    assertThat(out(runner, "pci.cmd dev=card", "status_intx")).isEqualTo(0L);
    assertThat(result(runner, "dev.close dev=card")).isEqualTo("0");
  }

  /** A platform device without interrupts stays a platform device. */
  @Test
  void aPlatformDeviceHasItsTriggersAndNothingElse() {
    Runner silent = with("arm64-gicv3", "dma", "platform:none");
    silent.run(Operation.parse("dev.open dev=dma"));
    assertThat(out(silent, "vfio.info dev=dma", "flags")).isEqualTo(4L);
    assertThat(out(silent, "vfio.info dev=dma", "num_irqs")).isEqualTo(0L);
    assertThat(result(silent, "vfio.irq_info dev=dma index=0")).isEqualTo("-1 EINVAL");

    Runner two = with("arm64-gicv3", "rtc", "platform:level,platform:edge,amba:true,reset:true");
    two.run(Operation.parse("dev.open dev=rtc"));
    assertThat(out(two, "vfio.info dev=rtc", "num_irqs")).isEqualTo(2L);
    assertThat(out(two, "vfio.irq_info dev=rtc index=0", "flags")).isEqualTo(7L);
    assertThat(out(two, "vfio.irq_info dev=rtc index=1", "flags")).isEqualTo(1L);
    two.run(Operation.parse("ef.new fd=e0"));
    for (int index = 0; index < 2; index++) {
      String set = "vfio.set_irqs dev=rtc start=0 count=1 index=" + index + " flags=";
      assertThat(result(two, set + "DATA_EVENTFD|ACTION_TRIGGER fds=e0")).isEqualTo("0");
      two.run(Operation.parse("irq.raise dev=rtc index=" + index));
      assertThat(out(two, "ef.read fd=e0", "value")).isEqualTo(1L);
    }
    assertThat(result(two, "vfio.reset dev=rtc")).isEqualTo("0");
    assertThat(
            result(
                two, "vfio.set_irqs dev=rtc start=0 count=1 index=0 flags=DATA_NONE|ACTION_UNMASK"))
        .isEqualTo("0");
    assertThat(result(two, "ef.read fd=e0")).isEqualTo("-1 EAGAIN");
  }

  /** The models go by what a device has, not by what it is called. */
  @Test
  void modelsFollowTheDescription() {
    Runner runner = with("x86-remapped", "eth0", "intx:1,msix:10,err:1");
    runner.run(Operation.parse("dev.open dev=eth0"));
    runner.run(Operation.parse("ef.new fd=e0"));
    runner.run(
        Operation.parse(
            "vfio.set_irqs dev=eth0 index=MSIX flags=DATA_EVENTFD|ACTION_TRIGGER start=9 count=1"
                + " fds=e0"));
    assertThat(result(runner, "e1000e.msix_raise dev=eth0 vector=9")).isEqualTo("0");
    assertThat(out(runner, "ef.read fd=e0", "value")).isEqualTo(1L);
    InputException wrong =
        assertThrows(
            InputException.class,
            () -> runner.run(Operation.parse("e1000e.msix_raise dev=eth0 vector=10")));
    assertThat(wrong).hasMessageThat().contains("expected less than the 10");
  }

  @Test
  void aRecordingMayLeaveItsDevicesToWhoReplaysIt() {
    String text =
        """
        {"meta":{"profile":"LINUX_6_1","platform":"x86-remapped","devices":{"b":{"msi":1}}}}
        {"case":"a","step":1,"op":{"name":"dev.open","dev":"card"},"ret":0,"out":{"group_flags":1}}
        {"case":"a","step":2,"op":{"name":"dev.open","dev":"b"},"ret":0,"out":{"group_flags":1}}
        {"case":"a","step":3,"op":{"name":"vfio.irq_info","dev":"card","index":"MSI"},"ret":0,"out":{"argsz":16,"count":16,"flags":9,"flag_names":["EVENTFD","NORESIZE"]}}
        {"case":"a","step":4,"op":{"name":"vfio.irq_info","dev":"b","index":"MSI"},"ret":0,"out":{"argsz":16,"count":2,"flags":9,"flag_names":["EVENTFD","NORESIZE"]}}
        """;
    assertThat(
            assertThrows(InputException.class, () -> replay(text, ImmutableMap.of())).getMessage())
        .contains("expected a device: b");
    ImmutableMap<String, DeviceDescription> besides =
        ImmutableMap.of(
            "card", DeviceDescription.parse(SIXTEEN), "b", DeviceDescription.parse("msi:2"));
    assertThat(replay(text, besides).differences()).isEmpty();
  }

  private static ReplayReport replay(String text, Map<String, DeviceDescription> besides) {
    try (Recording recording =
        Recording.open("r", new ByteArrayInputStream(text.getBytes(UTF_8)), besides)) {
      return Replay.run(recording, ReplayOptions.at(Level.OUTPUTS));
    }
  }

  @Test
  void aDescriptionIsOneLine() {
    assertThat(NamedDevice.parse("nic=" + SIXTEEN))
        .isEqualTo(
            new NamedDevice("nic", new DeviceDescription(1, 16, 0, 1, 1, true, 0, null, false)));
    assertThat(DeviceDescription.parse("platform:level,platform:edge,amba:true"))
        .isEqualTo(
            new DeviceDescription(
                0, 0, 0, 0, 0, false, 0, ImmutableList.of(Trigger.LEVEL, Trigger.EDGE), true));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "nic | there is no =, expected NAME=DESCRIPTION",
        "9nic=msi:1 | \"9nic\" is no name for a device",
        "nic= | \"\" is no KEY:VALUE",
        "nic=msi | \"msi\" is no KEY:VALUE",
        "nic=msi:many | msi is text \"many\", expected a count from 0",
        "nic=msi:-1 | msi is a number \"-1\", expected a count from 0",
        "nic=msi:33 | msi is a number \"33\", expected at most 32",
        "nic=intx:2 | intx is a number \"2\", expected at most 1",
        "nic=msi:1,msi:2 | msi is there twice",
        "nic=mis:1 | the device has no \"mis\"; did you mean msi?",
        "nic=reset:1 | reset is a number \"1\", expected true or false",
        "nic=req:0 | req is a number \"0\", expected 1, which every PCI device has",
        "nic=amba:true | expected a platform device",
        "rtc=platform:both | platform is text \"both\", expected level or edge",
        "rtc=platform:level,msi:1 | expected none, since the device is a platform device"
      })
  void whatIsNoDescriptionIsRefused(String text, String complaint) {
    assertThat(assertThrows(InputException.class, () -> NamedDevice.parse(text)))
        .hasMessageThat()
        .contains(complaint);
  }

  @Test
  void whatIsWrittenIsRead() {
    for (String text :
        ImmutableList.of(
            SIXTEEN,
            ONLY_INTX,
            SILENT,
            "msi:2,msiAllocatable:1",
            "platform:none",
            "platform:edge,amba:true,reset:true")) {
      assertThat(throughARecording(DeviceDescription.parse(text)))
          .isEqualTo(DeviceDescription.parse(text));
    }
  }

  private static DeviceDescription throughARecording(DeviceDescription description) {
    SimulatedHost host =
        SimulatedHost.create(
            new HostOptions(
                "x86-remapped",
                KernelProfile.LINUX_6_1,
                ConnectPolicy.OPPORTUNISTIC,
                ImmutableMap.of("d", description),
                false,
                false));
    var bytes = new ByteArrayOutputStream();
    try (RecordingWriter writer = new RecordingWriter(bytes, host)) {
      assertThat(writer).isNotNull();
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    try (Recording recording = Recording.open("r", new ByteArrayInputStream(bytes.toByteArray()))) {
      return requireNonNull(recording.meta().devices().get("d"));
    }
  }
}
