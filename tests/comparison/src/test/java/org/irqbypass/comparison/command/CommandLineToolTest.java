package org.irqbypass.comparison.command;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.irqbypass.scenario.Platforms;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CommandLineToolTest {
  @TempDir Path directory;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    return new CommandLineTool(new Console(new PrintWriter(out), new PrintWriter(err), false))
        .run(arguments);
  }

  private Path file(String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text, StandardCharsets.UTF_8);
  }

  /** One sentence that begins with the program's name, no stack trace, and nothing else said. */
  private void assertOneSentence() {
    assertThat(err.toString()).startsWith("irqbypass: ");
    assertWithMessage(err.toString()).that(err.toString().strip().lines().count()).isEqualTo(1);
    assertThat(err.toString()).doesNotContain("\tat ");
  }

  @Test
  @DisplayName("--help and --version succeed")
  void help() {
    assertThat(run("--help")).isEqualTo(ExitStatus.OK);
    assertThat(out.toString()).contains("compare");
    assertThat(run("--version")).isEqualTo(ExitStatus.OK);
    assertThat(out.toString()).startsWith("irqbypass ");
    assertThat(run("compare", "--max-schedules", "0", "--help")).isEqualTo(ExitStatus.OK);
    assertThat(out.toString()).contains("explicit-late");
  }

  @Test
  @DisplayName("list names scenarios, recordings, contenders and platforms, without colour")
  void list() {
    assertThat(run("list")).isEqualTo(ExitStatus.OK);
    assertThat(out.toString()).contains("nic-msix-boot");
    assertThat(out.toString()).contains("qemu-nvme-boot");
    assertThat(out.toString()).contains("automatic-retry");
    assertThat(out.toString()).contains("arm64-gicv2");
    assertThat(out.toString()).doesNotContain("\u001b");
  }

  @Test
  @DisplayName("of a command that there is not, the nearest is named; an empty path is none")
  void slips() {
    assertThat(run("expolre", "storm")).isEqualTo(ExitStatus.USAGE);
    assertThat(err.toString()).contains("'expolre' is none of compare, run, explore, ");
    assertThat(err.toString()).contains("; did you mean explore?");
    String export = "export storm --contender automatic-linux --format json --out";
    List<String> arguments = new ArrayList<>(List.of(export.split(" ")));
    arguments.add("");
    assertThat(run(arguments.toArray(new String[0]))).isEqualTo(ExitStatus.USAGE);
    assertThat(err.toString()).contains("'--out': it is empty, expected a path");
    assertThat(run("new", "")).isEqualTo(ExitStatus.USAGE);
    assertThat(run("compare", "--html", "", "storm")).isEqualTo(ExitStatus.USAGE);
  }

  @Test
  @DisplayName("completion writes a script for the shell")
  void completion() {
    assertThat(run("completion")).isEqualTo(ExitStatus.OK);
    assertThat(out.toString()).contains("complete -F");
    assertThat(out.toString()).contains("hot-unplug");
  }

  @Test
  @DisplayName("new writes a scenario that compare takes, and over a file only with --force")
  void newScenario() throws IOException {
    Path file = directory.resolve("mine.yaml");
    assertThat(run("new", "--platform", "arm64-gicv2", file.toString())).isEqualTo(ExitStatus.OK);
    assertThat(out.toString()).contains("irqbypass compare");
    assertThat(
            run(
                "compare",
                "--max-schedules",
                "0",
                file.toString(),
                "--html",
                directory.resolve("r").toString()))
        .isEqualTo(ExitStatus.OK);
    String written = Files.readString(file);
    assertThat(run("new", file.toString())).isEqualTo(ExitStatus.BAD_INPUT);
    assertOneSentence();
    assertThat(err.toString()).contains("--force");
    assertThat(Files.readString(file)).isEqualTo(written);
    assertThat(run("new", "--force", file.toString())).isEqualTo(ExitStatus.OK);
    assertThat(Files.readString(file)).contains("platform: x86-posted\n");
    assertThat(run("new", directory.resolve("no/such/place.yaml").toString()))
        .isEqualTo(ExitStatus.BAD_INPUT);
    assertOneSentence();
    assertThat(run("new", "--platform", "arm64-gicv4")).isEqualTo(ExitStatus.OK);
    assertThat(out.toString()).contains("\nplatform: arm64-gicv4\n");
  }

  @ParameterizedTest
  @MethodSource("platforms")
  @DisplayName("a new scenario is explored at once, keeps every promise, and ends as it declares")
  void newScenarioIsExplored(String platform) {
    String file = directory.resolve("mine.yaml").toString();
    assertThat(run("new", "--platform", platform, file)).isEqualTo(ExitStatus.OK);
    assertWithMessage(out.toString()).that(run("explore", file)).isEqualTo(ExitStatus.OK);
    assertThat(out.toString()).containsMatch("explored, by weight( +all){4}");
  }

  static Collection<String> platforms() {
    return Platforms.existing();
  }

  @Test
  @DisplayName("a recording that names no profile is replayed under the one that is given")
  void withoutProfile() throws IOException {
    String file =
        file(
                "none.jsonl",
                """
                {"meta":{"platform":"x86-remapped"}}
                {"case":"a","step":0,"op":{"name":"ef.new","fd":"e0"},"ret":0}
                """)
            .toString();
    assertThat(run("replay", file)).isEqualTo(ExitStatus.BAD_INPUT);
    assertOneSentence();
    assertThat(err.toString()).contains("none.jsonl:1:9: profile is missing");
    assertThat(run("replay", "--profile", "LINUX_6_1", file)).isEqualTo(ExitStatus.OK);
    assertThat(out.toString()).contains("operations=1 mismatches=0");
  }

  @Test
  @DisplayName("schema writes a JSON Schema, that of scenarios unless another is named")
  void schema() throws IOException {
    assertThat(run("schema")).isEqualTo(ExitStatus.OK);
    String unnamed = out.toString();
    assertThat(new ObjectMapper().readTree(unnamed).at("/required/0").asText()).isEqualTo("name");
    assertThat(run("schema", "scenario")).isEqualTo(ExitStatus.OK);
    assertThat(out.toString()).isEqualTo(unnamed);
    assertThat(run("schema", "scenaro")).isEqualTo(ExitStatus.USAGE);
    assertThat(err.toString()).contains("did you mean scenario?");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "frobnicate",
        "compare --contender nobody",
        "compare --platform vax",
        "compare --no-such-option",
        "run nic-msix-boot",
        "run --contender automatic-linux",
        "export hot-unplug --contender automatic-linux",
        "export hot-unplug --contender automatic-linux --format pdf",
        "replay",
        "replay --level everything file",
        "replay --device nic file",
        "replay --device nic=msi:many file",
        "run hot-unplug --contender automatic-linux --device nic=msi:33"
      })
  @DisplayName("a command line that cannot be understood is status 2, with a hint")
  void usage(String line) {
    assertThat(run(line.isEmpty() ? new String[0] : line.split(" ", -1)))
        .isEqualTo(ExitStatus.USAGE);
    assertThat(err.toString()).startsWith("irqbypass: ");
    assertThat(err.toString()).contains("--help");
    assertThat(err.toString()).doesNotContain("\tat ");
  }

  @Test
  @DisplayName("what is missing is status 3")
  void missing() {
    assertThat(run("compare", "--max-schedules", "0", "no-such-scenario"))
        .isEqualTo(ExitStatus.BAD_INPUT);
    assertOneSentence();
    assertThat(err.toString()).contains("nic-msix-boot");
    assertThat(run("replay", directory.resolve("none.jsonl").toString()))
        .isEqualTo(ExitStatus.BAD_INPUT);
    assertOneSentence();
    assertThat(run("run", "a\u0000b", "--contender", "automatic-linux"))
        .isEqualTo(ExitStatus.BAD_INPUT);
    assertOneSentence();
    assertThat(run("replay", "")).isEqualTo(ExitStatus.BAD_INPUT);
    assertOneSentence();
    assertThat(err.toString()).contains("it is empty");
  }

  @ParameterizedTest
  @CsvSource({
    "compare --contender automatic-linx, automatic-linux",
    "compare --platform x86-poste, x86-posted",
    "compare hot-unplgu, hot-unplug",
    "explain nic-msi-boot, nic-msix-boot",
    "replay --level result file, results",
    "replay --profile LINUX_6_18 file, LINUX_6_1"
  })
  @DisplayName("the nearest name is suggested where one is unknown")
  void suggests(String line, String meant) {
    assertThat(run(line.split(" ", -1))).isAnyOf(ExitStatus.USAGE, ExitStatus.BAD_INPUT);
    assertThat(err.toString()).contains("; did you mean " + meant + "?");
  }

  @Test
  @DisplayName("a report that could not be written is refused before anything is run")
  void unwritableReport() throws IOException {
    assertThat(run("compare", "--max-schedules", "0", "storm", "--html", ""))
        .isEqualTo(ExitStatus.USAGE);
    assertThat(err.toString()).contains("'--html': it is empty");
    Path occupied = file("occupied", "");
    assertThat(run("compare", "--max-schedules", "0", "storm", "--html", occupied.toString()))
        .isEqualTo(ExitStatus.BAD_INPUT);
    assertOneSentence();
    assertThat(out.toString()).isEmpty();
  }

  @Test
  @DisplayName("a scenario that is named twice is run once")
  void namedTwice() throws IOException {
    Path report = directory.resolve("twice");
    assertThat(
            run("compare", "--max-schedules", "0", "storm", "storm", "--html", report.toString()))
        .isEqualTo(ExitStatus.OK);
    JsonNode json = new ObjectMapper().readTree(report.resolve("report.json").toFile());
    assertThat(json.at("/scenarios").size()).isEqualTo(1);
  }

  @Test
  @DisplayName("what cannot be said on a full disk is status 5")
  void fullDisk() {
    Writer full =
        new Writer() {
          @Override
          public void write(char[] characters, int from, int count) throws IOException {
            throw new IOException("No space left on device");
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Console console = new Console(new PrintWriter(full), new PrintWriter(err), false);
    assertThat(new CommandLineTool(console).run("list")).isEqualTo(ExitStatus.UNWRITABLE);
    assertOneSentence();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "just text",
        "- a list",
        "name: x\nplatform: x86-posted\nsteps: 7\n",
        "name: x\nplatform: x86-posted\nsteps:\n  - vmm: vm.nwe vm=v0\n",
        "name: x\nplatform: x86-posted\nsteps:\n  - vmm: dev.open dev=ghost\n",
        "name: x\nplatform: x86-posted\nsteps:\n  - vmm: vm.vcpu vm=v0 vcpu=many\n",
        "name: x\nplatform: x86-posted\ncolour: blue\nsteps: []\n",
        "name: x\nplatform: vax\nsteps: []\n",
        "name: x\nplatform: x86-posted\nprofile: LINUX_0_1\nsteps: []\n",
        "name: x\nplatform: arm64-gicv2\nsteps:\n  - vmm: [vm.new vm=v0, vm.vcpu vm=v0 vcpu=0, kvm.lapic_setup vm=v0 vcpu=0]\n",
        "name: [unclosed\n",
        "name: x\nplatform: !!java.net.URL x\nsteps: []\n"
      })
  @DisplayName("a bad scenario is status 3 and one sentence with the place")
  void badScenario(String text) throws IOException {
    Path scenario = file("bad.yaml", text);
    assertThat(
            run(
                "compare",
                "--max-schedules",
                "0",
                scenario.toString(),
                "--html",
                directory.resolve("out").toString()))
        .isEqualTo(ExitStatus.BAD_INPUT);
    assertOneSentence();
    assertThat(Files.exists(directory.resolve("out"))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{\"meta\":{\"profile\":\"LINUX_6_1\",\"platf",
        "{\"case\":\"a\"}\n",
        "{\"meta\":{\"profile\":\"LINUX_6_1\",\"platform\":\"x86-remapped\"}}\n{\"case\":",
        """
        {"meta":{"profile":"LINUX_6_1","platform":"x86-remapped"}}
        {"case":"a","step":1,"op":{"name":"nothing.known"},"ret":0}
        """,
        "{\"meta\":{\"profile\":\"LINUX_6_1\",\"platform\":\"vax\"}}\n"
      })
  @DisplayName("a bad recording is status 3 and one sentence with the place")
  void badRecording(String text) throws IOException {
    Path recording = file("bad.jsonl", text);
    assertThat(run("replay", recording.toString())).isEqualTo(ExitStatus.BAD_INPUT);
    assertOneSentence();
    assertThat(err.toString()).contains("bad.jsonl:");
    assertThat(run("compare", "--max-schedules", "0", recording.toString()))
        .isEqualTo(ExitStatus.BAD_INPUT);
    assertOneSentence();
  }

  @Test
  @DisplayName("ten megabytes of zeros are status 3, as a scenario and as a recording")
  void zeros() throws IOException {
    byte[] zeros = new byte[10 << 20];
    Path yaml = Files.write(directory.resolve("zeros.yaml"), zeros);
    Path jsonl = Files.write(directory.resolve("zeros.jsonl"), zeros);
    assertThat(run("compare", "--max-schedules", "0", yaml.toString()))
        .isEqualTo(ExitStatus.BAD_INPUT);
    assertOneSentence();
    assertThat(run("replay", jsonl.toString())).isEqualTo(ExitStatus.BAD_INPUT);
    assertOneSentence();
  }

  @Test
  @DisplayName("a recording that is no session cannot be compared, and says what can be done")
  void noSession() throws IOException {
    Path recording =
        file(
            "calls.jsonl",
            """
            {"meta":{"profile":"LINUX_6_1","platform":"x86-remapped"}}
            {"case":"a","step":1,"op":{"name":"vm.new","vm":"v0"},"ret":0,"errno":null}
            """);
    assertThat(run("compare", "--max-schedules", "0", recording.toString()))
        .isEqualTo(ExitStatus.BAD_INPUT);
    assertOneSentence();
    assertThat(err.toString()).contains("replay");
  }

  @Test
  @DisplayName("replay ends with its totals, status 0 without and 10 with mismatches")
  void replay() throws IOException {
    assertThat(run("replay", "qemu-e1000e-unplug")).isEqualTo(ExitStatus.OK);
    assertThat(out.toString().strip().lines().reduce((a, b) -> b).orElseThrow())
        .matches("cases=1 operations=\\d+ mismatches=0");
    Path wrong =
        file(
            "wrong.jsonl",
            """
            {"meta":{"profile":"LINUX_6_1","platform":"x86-remapped"}}
            {"case":"a","step":7,"op":{"name":"vm.new","vm":"v0"},"ret":-1,"errno":"EPERM"}
            """);
    assertThat(run("replay", wrong.toString())).isEqualTo(ExitStatus.MISMATCH);
    assertThat(out.toString()).contains("case a step 7: vm.new vm=v0: recorded -1 EPERM, got 0");
    assertThat(out.toString().strip()).endsWith("cases=1 operations=1 mismatches=1");
  }

  @Test
  @DisplayName("replay compares outputs when told to, and shows them")
  void replayOutputs() throws IOException {
    Path wrong =
        file(
            "wrong.jsonl",
            """
            {"meta":{"profile":"LINUX_6_1","platform":"x86-remapped"}}
            {"case":"a","step":1,"op":{"name":"ef.new","fd":"e0"},"ret":0,"errno":null,"out":{}}
            {"case":"a","step":2,"op":{"name":"ef.poll","fd":"e0"},"ret":0,"out":{"revents":5}}
            """);
    assertThat(run("replay", wrong.toString())).isEqualTo(ExitStatus.OK);
    assertThat(run("replay", "--level", "results", wrong.toString())).isEqualTo(ExitStatus.OK);
    assertThat(run("replay", "--level", "outputs", wrong.toString()))
        .isEqualTo(ExitStatus.MISMATCH);
    assertThat(out.toString())
        .contains("case a step 2: ef.poll fd=e0: recorded 0 {revents=5}, got 0 {revents=4}");
    assertThat(out.toString().strip()).endsWith("cases=1 operations=2 mismatches=1");
  }

  @Test
  @DisplayName("replay says what a session leaves undecided, and is no match if that is too much")
  void replayUndecided() throws IOException {
    Path cut =
        file(
            "cut.jsonl",
            """
            {"meta":{"profile":"LINUX_6_1","platform":"x86-remapped","trace":true,"vmm":"QEMU"}}
            {"case":"a","step":1,"op":{"name":"vm.new","vm":"v0"},"ret":0,"trace":[]}
            {"case":"a","step":2,"op":{"name":"vm.irqchip","vm":"v0"},"ret":0,"trace":[]}
            {"case":"a","step":3,"op":{"name":"ef.new","fd":"e0","init":1},"ret":0,"trace":[]}
            {"case":"a","step":4,"op":{"name":"kvm.irqfd","vm":"v0","fd":"e0","gsi":3},"ret":0,\
            "trace":["irq_bypass_register_consumer(e0)","irq_bypass_register_consumer=0"]}
            """);
    assertThat(run("replay", "--level", "trace", cut.toString())).isEqualTo(ExitStatus.MISMATCH);
    assertThat(out.toString())
        .contains(
            "undecided: 1 operations (the recording ends before what was begun is shown to end)");
    assertThat(out.toString()).contains("cut.jsonl: too much is undecided to call it a match");
    assertThat(out.toString().strip()).endsWith("cases=1 operations=4 mismatches=0");
    assertThat(run("replay", cut.toString())).isEqualTo(ExitStatus.OK);
  }

  @Test
  @DisplayName("a case that is nowhere is status 3, not a replay without mismatches")
  void unknownCase() {
    assertThat(run("replay", "qemu-e1000e-unplug", "--case", "ghost"))
        .isEqualTo(ExitStatus.BAD_INPUT);
    assertOneSentence();
    assertThat(err.toString()).contains("there is no case ghost");
  }

  @Test
  @DisplayName("compare prints a table, writes page and JSON, and says where")
  void compare() throws IOException {
    Path report = directory.resolve("a/b");
    assertThat(
            run(
                "compare",
                "--max-schedules",
                "0",
                "platform-level-irq",
                "--html",
                report.toString()))
        .isEqualTo(ExitStatus.OK);
    assertThat(out.toString()).contains("only for forwarding");
    assertThat(out.toString()).contains(report.resolve("index.html").toString());
    assertThat(out.toString()).doesNotContain("\u001b");
    JsonNode json = new ObjectMapper().readTree(report.resolve("report.json").toFile());
    assertThat(json.at("/scenarios/0/name").asText()).isEqualTo("platform-level-irq");
    assertThat(json.at("/scenarios/0/results").size()).isEqualTo(4);
    assertThat(json.at("/scenarios/0/results/1/contender").asText()).isEqualTo("explicit-late");
    assertThat(json.at("/scenarios/0/results/1/account/eagain").asInt()).isEqualTo(1);
    assertThat(json.at("/scenarios/0/results/1/added/0/errno").asText()).isEqualTo("EAGAIN");
  }

  @Test
  @DisplayName("compare with one contender runs that one")
  void oneContender() throws IOException {
    Path report = directory.resolve("one");
    assertThat(
            run(
                "compare",
                "hot-unplug",
                "--contender",
                "automatic-linux",
                "--html",
                report.toString()))
        .isEqualTo(ExitStatus.OK);
    JsonNode json = new ObjectMapper().readTree(report.resolve("report.json").toFile());
    assertThat(json.at("/scenarios/0/results").size()).isEqualTo(1);
  }

  @Test
  @DisplayName("explore and compare write the same kind of page, with the orders they explored")
  void exploredPages() throws IOException {
    Path explored = directory.resolve("explored");
    Path compared = directory.resolve("compared");
    run(
        "explore",
        "hot-unplug",
        "--contender",
        "automatic-linux",
        "--max-schedules",
        "20",
        "--html",
        explored.toString());
    run(
        "compare",
        "hot-unplug",
        "qemu-e1000e-boot",
        "--contender",
        "automatic-linux",
        "--max-schedules",
        "20",
        "--html",
        compared.toString());
    ObjectMapper json = new ObjectMapper();
    JsonNode one = json.readTree(explored.resolve("report.json").toFile());
    JsonNode other = json.readTree(compared.resolve("report.json").toFile());
    assertThat(one.at("/environment/command").asText())
        .isEqualTo("irqbypass explore hot-unplug --contender automatic-linux --max-schedules 20");
    assertThat(one.at("/scenarios/0/explorations/0/coverage/schedules").asInt()).isEqualTo(20);
    assertThat(other.at("/scenarios/0/explorations/0/coverage/schedules").asInt()).isEqualTo(20);
    assertThat(other.at("/scenarios/1").has("explorations")).isFalse();
    for (Path report : List.of(explored, compared)) {
      String page = Files.readString(report.resolve("index.html"));
      assertThat(page).contains("<h3>Every order</h3>");
      assertThat(page).contains("drawn at random");
      assertThat(page).contains("class=\"timeline\"");
    }
  }

  @Test
  @DisplayName("two runs write the same bytes")
  void deterministic() throws IOException {
    run(
        "compare",
        "--max-schedules",
        "0",
        "nic-msix-boot",
        "platform-level-irq",
        "--html",
        directory + "/1");
    run(
        "compare",
        "--max-schedules",
        "0",
        "nic-msix-boot",
        "platform-level-irq",
        "--out",
        directory + "/2");
    for (String name : new String[] {"report.json", "index.html"}) {
      assertThat(Files.mismatch(directory.resolve("1/" + name), directory.resolve("2/" + name)))
          .isEqualTo(-1);
    }
  }

  @Test
  @DisplayName("a lost interrupt is status 11")
  void lost() throws IOException {
    Path scenario =
        file(
            "lost.yaml",
            """
            name: lost
            platform: x86-posted
            devices: {nic: {intx: 1, msi: 0, msix: 1, err: 1, req: 1, reset: true}}
            steps:
              - vmm:
                  - vm.new vm=v0
                  - vm.irqchip vm=v0
                  - vm.vcpu vm=v0 vcpu=0
                  - dev.open dev=nic
                  - ef.new fd=e0
                  - kvm.irqfd vm=v0 fd=e0 gsi=24
                  - vfio.set_irqs dev=nic index=MSIX flags=DATA_EVENTFD|ACTION_TRIGGER start=0 count=1 fds=e0
              - device: irq.raise dev=nic index=MSIX vector=0
            """);
    assertThat(
            run(
                "compare",
                "--max-schedules",
                "0",
                scenario.toString(),
                "--html",
                directory.resolve("o").toString()))
        .isEqualTo(ExitStatus.VIOLATED);
    assertThat(out.toString()).contains("lost 1");
  }

  @Test
  @DisplayName("a device named like an element does not become one: such names are refused")
  void hostileName() throws IOException {
    Path scenario =
        file(
            "hostile.yaml",
            """
            name: x
            title: <script>alert(1)</script>
            about: <img src=x onerror=alert(1)>
            platform: x86-posted
            steps:
              - mark: </summary><script>alert(2)</script>
              - vmm: [vm.new vm=v0, kv.create vm=v0 kv=k0, teardown]
            """);
    Path report = directory.resolve("h");
    assertThat(
            run(
                "compare",
                "--max-schedules",
                "0",
                scenario.toString(),
                "--html",
                report.toString()))
        .isEqualTo(ExitStatus.OK);
    String page = Files.readString(report.resolve("index.html"));
    assertThat(page).doesNotContain("<script>alert");
    assertThat(page).doesNotContain("<img");
    assertThat(page).contains("&lt;script&gt;alert(1)");
  }

  @Test
  @DisplayName("--device describes what a recording does not, or otherwise, and says what is wrong")
  void replayWithAnotherDevice() throws IOException {
    Path recording =
        file(
            "sixteen.jsonl",
            """
            {"meta":{"profile":"LINUX_6_1","platform":"x86-remapped","devices":{"b":{"msi":1}}}}
            {"case":"a","step":1,"op":{"name":"dev.open","dev":"nic"},"ret":0,"errno":null}
            {"case":"a","step":2,"op":{"name":"vfio.irq_info","dev":"nic","index":"MSI"},"ret":0,"out":{"argsz":16,"count":16,"flags":9,"flag_names":["EVENTFD","NORESIZE"]}}
            {"case":"a","step":3,"op":{"name":"dev.open","dev":"b"},"ret":0,"errno":null}
            {"case":"a","step":4,"op":{"name":"vfio.irq_info","dev":"b","index":"ERR"},"ret":-1,"errno":"EINVAL"}
            """);
    assertThat(run("replay", recording.toString())).isEqualTo(ExitStatus.BAD_INPUT);
    assertThat(err.toString()).contains("expected a device: b");
    String nic = "nic=intx:1,msi:16,msix:0,err:1,req:1,reset:true";
    assertThat(run("replay", "--device", nic, recording.toString())).isEqualTo(ExitStatus.OK);
    assertThat(out.toString().strip()).endsWith("cases=1 operations=4 mismatches=0");
    assertThat(run("replay", "--device", nic, "--device", "b=err:1", recording.toString()))
        .isEqualTo(ExitStatus.MISMATCH);
    assertThat(out.toString()).contains("recorded -1 EINVAL, got 0");
    assertThat(run("replay", "--device", "nic=msi:many", recording.toString()))
        .isEqualTo(ExitStatus.USAGE);
    assertThat(err.toString()).contains("msi is text \"many\", expected a count from 0");
  }

  @Test
  @DisplayName("a device that only the command line describes runs with a contender, and is posted")
  void runWithAnotherDevice() throws IOException {
    Path scenario =
        file(
            "sixteen.yaml",
            """
            name: sixteen
            platform: x86-posted
            steps:
              - vmm:
                  - vm.new vm=v0
                  - vm.irqchip vm=v0
                  - vm.vcpu vm=v0 vcpu=0
              - guest: [kvm.lapic_setup vm=v0 vcpu=0, guest.enter vm=v0 vcpu=0]
              - vmm:
                  - kvm.routing vm=v0 entries=msi:24:0xfee00000:0x41
                  - dev.open dev=nic
                  - ef.new fd=e0
                  - kvm.irqfd vm=v0 fd=e0 gsi=24
                  - vfio.set_irqs dev=nic index=MSI flags=DATA_EVENTFD|ACTION_TRIGGER start=15 count=1 fds=e0
              - device: irq.raise dev=nic index=MSI vector=15
              - guest: guest.run vm=v0 vcpu=0
              - vmm: teardown
            """);
    for (String contender : new String[] {"automatic-linux", "explicit-late"}) {
      assertThat(
              run(
                  "run",
                  scenario.toString(),
                  "--contender",
                  contender,
                  "--device",
                  "nic=intx:1,msi:16,msix:0,err:1,req:1,reset:true"))
          .isEqualTo(ExitStatus.OK);
      assertThat(out.toString()).contains("1 interrupts raised, 1 bypassed, 1 delivered, 0 lost");
    }
    Path report = directory.resolve("sixteen");
    assertThat(
            run(
                "compare",
                scenario.toString(),
                "--device",
                "nic=msi:16",
                "--html",
                report.toString()))
        .isEqualTo(ExitStatus.OK);
    JsonNode json = new ObjectMapper().readTree(report.resolve("report.json").toFile());
    assertThat(json.at("/environment/command").asText()).endsWith(" --device nic=msi:16");
    assertThat(run("run", scenario.toString(), "--contender", "automatic-linux"))
        .isEqualTo(ExitStatus.BAD_INPUT);
    assertThat(err.toString()).contains("expected a device, and none is described");
  }

  @Test
  @DisplayName("run shows each step, and marks what is there only for forwarding")
  void runShowsSteps() {
    assertThat(run("run", "platform-level-irq", "--contender", "explicit-late"))
        .isEqualTo(ExitStatus.OK);
    assertThat(out.toString()).contains("+ vmm    kv.set");
    assertThat(out.toString()).contains("= EAGAIN");
    assertThat(out.toString()).contains("13 interrupts raised");
    assertThat(out.toString()).doesNotContain("\u001b");
  }

  @Test
  @DisplayName("costs prints a file that --costs takes; other costs change no count")
  void costs() throws IOException {
    assertThat(run("costs")).isEqualTo(ExitStatus.OK);
    Path dear = file("dear.yaml", out.toString().replace("value: 800", "value: 2999"));
    JsonNode usual = compared(directory.resolve("usual"));
    JsonNode other = compared(directory.resolve("other"), "--costs", dear.toString());
    for (int i = 0; i < usual.size(); i++) {
      assertThat(other.get(i).get("account")).isEqualTo(usual.get(i).get("account"));
      JsonNode modelled = usual.get(i).get("modelled");
      assertThat(other.get(i).get("modelled").get("charges")).isEqualTo(modelled.get("charges"));
      assertThat(other.get(i).get("modelled").get("interruptNanos").asLong())
          .isGreaterThan(modelled.get("interruptNanos").asLong());
    }
  }

  private JsonNode compared(Path to, String... more) throws IOException {
    List<String> arguments =
        new ArrayList<>(List.of("compare", "platform-level-irq", "--out", to.toString()));
    arguments.addAll(List.of(more));
    assertThat(run(arguments.toArray(String[]::new))).isEqualTo(ExitStatus.OK);
    assertThat(out.toString()).contains("modelled, not measured");
    return new ObjectMapper()
        .readTree(to.resolve("report.json").toFile())
        .get("scenarios")
        .get(0)
        .get("results");
  }

  @Test
  @DisplayName("costs that make no sense end a command before anything runs, with their place")
  void wrongCosts() throws IOException {
    String wrong = file("wrong.yaml", "exit-x68: {value: 1, unit: ns, source: s}").toString();
    for (String[] command :
        List.of(
            new String[] {"compare", "storm", "--costs", wrong},
            new String[] {"run", "storm", "--contender", "automatic-linux", "--costs", wrong})) {
      assertThat(run(command)).isEqualTo(ExitStatus.BAD_INPUT);
      assertOneSentence();
      assertThat(err.toString()).contains("did you mean exit-x86?");
      assertThat(out.toString()).isEmpty();
    }
  }
}
