package org.irqbypass.comparison.command;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.irqbypass.scenario.KernelProfile;
import org.irqbypass.scenario.live.Answer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code replay --live} and {@code fuzz --live}, with a kernel that only pretends to run. */
class LiveCommandsTest {
  private static final String RECORDING =
      """
      {"meta":{"kernel":"6.1.9","profile":"LINUX_6_1","platform":"x86-remapped"}}
      {"case":"a","step":1,"op":{"name":"vm.new","vm":"v0"},"ret":0}
      {"case":"a","step":2,"op":{"name":"vm.irqchip","vm":"v0"},"ret":0}
      {"case":"a","step":3,"op":{"name":"vm.vcpu","vm":"v0","vcpu":0},"ret":0}
      {"case":"a","step":4,"op":{"name":"kvm.lapic_setup","vm":"v0"},"ret":0}
      {"case":"a","step":5,"op":{"name":"kvm.signal_msi","vm":"v0","data":"0x200"},"ret":1}
      {"case":"b","step":1,"op":{"name":"mark"},"ret":0}
      {"case":"b","step":2,"op":{"name":"vm.new","vm":"v0"},"ret":0}
      """;

  @TempDir Path directory;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void faithfulKernel() {
    PretendedKernel.behaves(KernelProfile.LINUX_6_17, (operation, answer) -> answer);
  }

  @AfterEach
  void noKernel() {
    PretendedKernel.isNotThere();
  }

  private static void pollFindsNothing() {
    PretendedKernel.behaves(
        KernelProfile.LINUX_6_17,
        (operation, answer) ->
            operation.name().equals("ef.poll") && answer.errno() == null
                ? new Answer(0, null, ImmutableMap.of("revents", 0L))
                : answer);
  }

  private int run(String... arguments) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    return new CommandLineTool(new Console(new PrintWriter(out), new PrintWriter(err), false))
        .run(arguments);
  }

  private String recording() throws IOException {
    return recording(RECORDING);
  }

  private String recording(String text) throws IOException {
    return Files.writeString(directory.resolve("r.jsonl"), text, StandardCharsets.UTF_8).toString();
  }

  @ParameterizedTest
  @ValueSource(strings = {"replay --live nowhere.jsonl", "fuzz --live --seed 1 --cases 1"})
  @DisplayName("where the kernel cannot be asked, one line says so: status 4, or 0 if so wished")
  void unavailable(String line) {
    PretendedKernel.isNotThere();
    assertThat(run(line.split(" ", -1))).isEqualTo(ExitStatus.UNAVAILABLE);
    assertThat(err.toString())
        .isEqualTo(
            "irqbypass: the running kernel cannot be asked: /dev/kvm cannot be opened (ENOENT)"
                + System.lineSeparator());
    assertThat(out.toString()).isEmpty();
    assertThat(run((line + " --if-available").split(" ", -1))).isEqualTo(ExitStatus.OK);
    assertWithMessage(err.toString()).that(err.toString().lines().count()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "replay --live",
        "replay --live --level trace r.jsonl",
        "replay --live --platform x86-posted r.jsonl",
        "replay --if-available r.jsonl",
        "fuzz --seed 1 --cases 1",
        "fuzz --live --cases 1",
        "fuzz --live --seed 1",
        "fuzz --live --seed 1 --cases 0",
        "fuzz --live --seed 1 --cases 1 --length 0",
        "fuzz --live --seed x --cases 1",
        "fuzz --live --seed 1 --cases 1 --profile LINUX_0_1"
      })
  @DisplayName("a command line that cannot be understood is status 2, with a hint")
  void usage(String line) {
    assertThat(run(line.split(" ", -1))).isEqualTo(ExitStatus.USAGE);
    assertThat(err.toString()).startsWith("irqbypass: ");
    assertThat(err.toString()).contains("--help");
  }

  @Test
  @DisplayName("kernel and model are compared under the kernel's rules, the recording told apart")
  void threeWays() throws IOException {
    assertThat(run("replay", "--live", recording())).isEqualTo(ExitStatus.OK);
    assertThat(out.toString()).contains("kernel 6.6.6, model x86-remapped LINUX_6_17");
    assertThat(out.toString()).contains("step 5");
    assertThat(out.toString()).contains("recorded 1, kernel 0, model 0");
    assertThat(out.toString()).contains("5 of them as recorded on Linux 6.1.9, 1 answered");
    assertThat(out.toString()).contains("1 operations left out: 1 mark");
    assertThat(out.toString()).contains("cases=2 operations=6 mismatches=0");
  }

  @Test
  @DisplayName("a kernel that follows rules of both profiles is compared with a model that does so")
  void betweenTheProfiles() throws IOException {
    PretendedKernel.behaves(
        KernelProfile.LINUX_6_17,
        (operation, answer) ->
            operation.toText().endsWith("data=0x200") ? new Answer(1, null, answer.out()) : answer);
    assertThat(run("replay", "--live", recording())).isEqualTo(ExitStatus.OK);
    assertThat(out.toString()).contains("near LINUX_6_17");
    assertThat(out.toString()).contains("smiReachesCpu=true");
    assertThat(out.toString()).contains("0 answered differently there");
  }

  @Test
  @DisplayName("a model of another kernel is a mismatch: status 10")
  void mismatch() throws IOException {
    assertThat(run("replay", "--live", "--profile", "LINUX_6_1", recording()))
        .isEqualTo(ExitStatus.MISMATCH);
    assertThat(out.toString()).contains("recorded 1, kernel 0, model 1");
    assertThat(out.toString()).contains("cases=2 operations=6 mismatches=1");
  }

  @Test
  @DisplayName("what was recorded on another architecture is left out: status 4")
  void otherArchitecture() throws IOException {
    String arm = recording(RECORDING.replace("x86-remapped", "arm64-gicv3"));
    assertThat(run("replay", "--live", arm)).isEqualTo(ExitStatus.UNAVAILABLE);
    assertThat(out.toString()).contains("7 operations left out");
    assertThat(out.toString()).contains("cases=0 operations=0 mismatches=0");
  }

  @Test
  @DisplayName("a case that is not there is status 3")
  void noSuchCase() throws IOException {
    assertThat(run("replay", "--live", "--case", "nobody", recording()))
        .isEqualTo(ExitStatus.BAD_INPUT);
  }

  @Test
  @DisplayName("random sequences on a kernel that is its model differ nowhere")
  void fuzzFindsNothing() {
    assertThat(run("fuzz", "--live", "--seed", "3", "--cases", "20")).isEqualTo(ExitStatus.OK);
    assertThat(out.toString()).contains("cases=20");
    assertThat(out.toString()).contains("differing=0");
  }

  @Test
  @DisplayName("a difference is shrunk to its shortest sequence, and saved as a recording")
  void fuzzShrinks() {
    pollFindsNothing();
    String file = directory.resolve("found.jsonl").toString();
    assertThat(run("fuzz", "--live", "--seed", "3", "--cases", "20", "--save", file))
        .isEqualTo(ExitStatus.MISMATCH);
    assertThat(out.toString()).contains("differ after 2 operations");
    assertThat(out.toString()).containsMatch("step 1: ef.new fd=e.: kernel 0, model 0");
    assertThat(out.toString()).containsMatch("step 2: ef.poll fd=e.: kernel 0 .revents=0., model");
    assertThat(run("replay", "--live", file)).isEqualTo(ExitStatus.MISMATCH);
    assertThat(out.toString()).contains(" 0 answered differently there");
    assertThat(run("replay", "--level", "outputs", file)).isEqualTo(ExitStatus.MISMATCH);
  }

  @Test
  @DisplayName("that nothing can be saved there is said before anything is tried")
  void unwritable() {
    for (String file : List.of("no/such/place.jsonl", ".")) {
      String path = directory.resolve(file).toString();
      assertThat(run("fuzz", "--live", "--seed", "3", "--cases", "1000000", "--save", path))
          .isEqualTo(ExitStatus.BAD_INPUT);
      assertThat(err.toString())
          .isEqualTo(
              "irqbypass: "
                  + path
                  + ": the sequences cannot be written there"
                  + System.lineSeparator());
    }
  }

  @Test
  @DisplayName("the same seed finds the same")
  void deterministic() {
    pollFindsNothing();
    run("fuzz", "--live", "--seed", "9", "--cases", "10");
    String first = out.toString();
    run("fuzz", "--live", "--seed", "9", "--cases", "10");
    assertThat(out.toString()).isEqualTo(first);
  }
}
