package org.irqbypass.soak;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.irqbypass.host.HostPlatform;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** A load that is accounted for to the last interrupt; and that the account would find a fault. */
class SoakTest {
  private static final long INTERRUPTS =
      Long.parseLong(System.getProperty("soak.interrupts", "1000000"));

  @Test
  void everyInterruptIsAccountedForWhileEverythingIsReconfigured() throws Exception {
    Report report = Soak.run(Soak.sites(1), 2, INTERRUPTS, 0);
    Account total = report.total();
    System.out.print(report.text());
    writeEvidence(report);
    assertWithMessage(report.text()).that(report.isSound()).isTrue();
    assertThat(total.raised).isAtLeast(INTERRUPTS);
    assertThat(report.calls()).isAtLeast(total.raised / 1000);
    assertThat(total.bypassed).isGreaterThan(total.raised / 4);
    for (Change change : Change.values()) {
      assertWithMessage(change.label()).that(report.calls(change)).isGreaterThan(0);
    }
    assertThat(List.of(total.coalesced, total.masked, total.untriggered)).doesNotContain(0L);
  }

  private static void writeEvidence(Report report) throws IOException {
    Path directory = Path.of(System.getProperty("soak.evidence", "target/evidence"));
    Files.createDirectories(directory);
    Account total = report.total();
    JsonMapper.builder()
        .build()
        .writerWithDefaultPrettyPrinter()
        .writeValue(
            directory.resolve("soak.json").toFile(),
            List.of(
                ImmutableMap.of(
                    "what",
                    "load while everything is reconfigured",
                    "tried",
                    total.raised,
                    "unit",
                    "interrupts",
                    "found",
                    total.lost + total.duplicated + total.asleep + (report.isSound() ? 0 : 1),
                    "detail",
                    String.format(
                        Locale.ROOT,
                        "%,d configuration calls of %d kinds, %s",
                        report.calls(),
                        Change.values().length,
                        report.throughput()))));
  }

  private static Report run(HostPlatform platform) throws InterruptedException {
    return Soak.run(List.of(new Site(Machine.X86_POSTED, platform, 7)), 1, 100_000, 0);
  }

  @Test
  void oneInterruptInAThousandThatIsLostShows() throws Exception {
    Report report = run(new FaultyPlatform(1000, entry -> {}));
    assertThat(report.total().lost).isGreaterThan(50L);
    assertThat(report.isSound()).isFalse();
    assertThat(report.text()).contains("DOES NOT BALANCE");
  }

  @Test
  void oneInterruptInAThousandThatComesTwiceShows() throws Exception {
    Report report =
        run(
            new FaultyPlatform(
                1000,
                entry -> {
                  entry.target().post(entry.vector());
                  entry.target().post(entry.vector() ^ 1); // the line's other vector
                }));
    assertThat(report.total().duplicated).isGreaterThan(50L);
    assertThat(report.isSound()).isFalse();
  }

  @Test
  void withoutAFaultTheSameLoadBalances() throws Exception {
    Report report =
        run(new FaultyPlatform(Long.MAX_VALUE, entry -> entry.target().post(entry.vector())));
    assertWithMessage(report.text()).that(report.isSound()).isTrue();
  }

  @Test
  void wrongArgumentsAreRefusedInASentence() {
    assertThat(refused("--interrupts", "0")).contains("--interrupts must be 1 or more");
    assertThat(refused("--threads", "99")).contains("--threads must be from 1 to 7");
    assertThat(refused("--seconds", "-1")).contains("--seconds must be 0 or more");
  }

  private static String refused(String... arguments) {
    StringWriter said = new StringWriter();
    int status = new CommandLine(new Soak()).setErr(new PrintWriter(said)).execute(arguments);
    assertThat(status).isEqualTo(2);
    return said.toString();
  }
}
