package org.irqbypass.comparison.command;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExploreCommandTest {
  private static final String PORT =
      """
      name: NAME
      title: A machine with a serial port
      platform: arm64-gicv3
      devices:
        uart: {platform: [level], reset: true}
      explore: {from: open, until: closed, confluent: CONFLUENT}
      steps:
        - vmm:
            - vm.new vm=v0
            - vm.vgic vm=v0 its=0
            - grp.open dev=uart
            - kv.create vm=v0 kv=k0
            - kv.set kv=k0 group=GROUP attr=ADD fd=grp:uart
            - dev.open dev=uart
            - ef.new fd=trigger
            - ef.new fd=resample
        - guest:
            - spi.cfg vm=v0 spi=8 edge=0 enable=1
            - guest.enter vm=v0 vcpu=0
        - mark: open
        - vmm:
            - vfio.set_irqs dev=uart index=0 flags=DATA_EVENTFD|ACTION_TRIGGER start=0 count=1 fds=trigger
            - kvm.irqfd vm=v0 fd=trigger gsi=8 flags=RESAMPLE resamplefd=resample
        - device: irq.raise dev=uart index=0 level=1
        - mark: closed
        - vmm: teardown
      """;

  @TempDir Path directory;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    return new CommandLineTool(new Console(new PrintWriter(out), new PrintWriter(err), false))
        .run(arguments);
  }

  private String port(String name, String confluent) throws IOException {
    return Files.writeString(
            directory.resolve(name + ".yaml"),
            PORT.replace("NAME", name).replace("CONFLUENT", confluent),
            StandardCharsets.UTF_8)
        .toString();
  }

  @Test
  @DisplayName("outcomes that depend on the order are status 12 where the scenario forbids that")
  void orderDependent() throws IOException {
    String file = port("port", "[automatic-linux]");
    assertThat(run("explore", file, "--contender", "automatic-linux"))
        .isEqualTo(ExitStatus.ORDER_DEPENDENT);
    assertThat(run("explore", file, "--contender", "automatic-retry")).isEqualTo(ExitStatus.OK);
    assertThat(run("explore", port("free", "[]"), "--contender", "automatic-linux"))
        .isEqualTo(ExitStatus.OK);
  }

  @Test
  @DisplayName("a property of one's own is checked, with status 11, and so is its schedule")
  void ownProperty() throws IOException {
    String file = port("unmasked", "[]");
    assertThat(run("explore", file, "--contender", "automatic-linux"))
        .isEqualTo(ExitStatus.VIOLATED);
    assertThat(out.toString()).contains("breaks nothing-masked: uart IRQ 0 is masked");
    assertThat(
            run("explore", file, "--contender", "automatic-linux", "--schedule", "vmm,device,vmm"))
        .isEqualTo(ExitStatus.VIOLATED);
    assertThat(out.toString()).contains("breaks nothing-masked: uart IRQ 0 is masked");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--max-schedules 0",
        "--max-seconds -1",
        "--preemptions -2",
        "--walks -1",
        "--threads -1",
        "--schedule vmm",
        "--contender automatic-linux --schedule vmm:x",
        "--contender automatic-linux --schedule guest"
      })
  @DisplayName("what cannot be done is status 2, and one sentence says what was expected")
  void refused(String options) {
    assertThat(run(("explore platform-level-irq " + options).split(" ", -1)))
        .isEqualTo(ExitStatus.USAGE);
    assertWithMessage(err.toString()).that(err.toString()).contains("expected");
    assertThat(err.toString()).doesNotContain("\tat ");
  }
}
