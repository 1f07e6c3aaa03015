package org.irqbypass.fuzz;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.irqbypass.comparison.command.CommandLineTool;
import org.irqbypass.comparison.command.Console;
import org.irqbypass.comparison.command.ExitStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Scenarios and recordings from strangers are data: nothing in them does anything. */
class StrangersTest {
  private static final String META =
      "{\"meta\":{\"platform\":\"x86-remapped\",\"profile\":\"LINUX_6_1\"}}\n";
  private static final String STEP =
      "{\"case\":\"c\",\"step\":0,\"op\":{\"name\":\"ef.new\",\"fd\":\"e0\"},\"ret\":0}\n";

  /** Mark-up of everything that is written. */
  private static final String EVIL =
      "</script><script>alert(1)</script> <img:/etc/passwd> %%{init}%% \"} \\n @enduml !include x";

  private static final String SCENARIO =
      """
      name: evil
      title: 'TEXT'
      about: 'TEXT'
      platform: x86-posted
      devices: { nic: { msix: 1 } }
      steps:
        - mark: 'TEXT'
        - vmm:
            - vm.new vm=v0
            - vm.irqchip vm=v0
            - ef.new fd=e0
            - dev.open dev=nic
            - kvm.irqfd vm=v0 fd=e0 gsi=24
        - mark: "TEXT\\nend\\n!include x"
        - vmm: teardown
      """;

  @TempDir Path directory;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(Object... arguments) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    return new CommandLineTool(new Console(new PrintWriter(out), new PrintWriter(err), false))
        .run(Stream.of(arguments).map(Object::toString).toArray(String[]::new));
  }

  private Path file(String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text, UTF_8);
  }

  private void assertRefused(String problem, Object... arguments) {
    assertThat(run(arguments)).isAnyOf(ExitStatus.BAD_INPUT, ExitStatus.USAGE);
    assertThat(err.toString()).contains(problem);
    assertThat(err.toString()).doesNotContain("\tat ");
    assertThat(err.toString()).doesNotContain("\u001b");
  }

  @ParameterizedTest
  @ValueSource(strings = {"<script>", "../../nic", "/etc/passwd", "a b", "nic\\u001b[2J", "nic\\n"})
  void aDeviceOrAScenarioIsCalledByANameOnly(String name) throws IOException {
    String head =
        "name: \"%s\"\nplatform: x86-posted\ndevices: { \"%s\": { msi: 1 } }\nsteps: []\n";
    Path scenario = file("a.yaml", String.format(head, "a", name));
    assertRefused("a.yaml:3:", "compare", scenario, "--html", directory.resolve("r"));
    Path named = file("b.yaml", String.format(head, name, "nic"));
    assertRefused("b.yaml:1:7: ", "compare", named, "--html", directory.resolve("r"));
    String devices = "\"profile\":\"LINUX_6_1\",\"devices\":{\"" + name + "\":{\"msi\":1}}";
    Path recording = file("a.jsonl", META.replace("\"profile\":\"LINUX_6_1\"", devices) + STEP);
    assertRefused("a.jsonl:1:", "replay", recording);
    assertRefused("device", "run", "storm", "--contender", "automatic-linux", "--device", name);
    assertThat(directory.resolve("r").toFile().exists()).isFalse();
  }

  @Test
  void noControlCharacterReachesTheTerminal() throws IOException {
    Path scenario = file("a.yaml", SCENARIO.replace("'TEXT'", "\"\\e[2J\""));
    assertRefused(":2:8: \"\uFFFD[2J\" has a control character in it", "compare", scenario);
    Path recording = file("a.jsonl", META + STEP.replace("\"c\"", "\"\\u001b[2J\""));
    assertRefused(":2:9: \"\uFFFD[2J\" has a control character in it", "replay", recording);
  }

  @Test
  void reportsAreInertAndWhereTheyWereAskedFor() throws IOException {
    Path scenario =
        file("a.yaml", SCENARIO.replace("TEXT", EVIL.replace("\"", "").replace("\\n", "")));
    Path report = directory.resolve("report");
    assertThat(run("compare", "--max-schedules", 0, scenario, "--html", report)).isEqualTo(0);
    String page = Files.readString(report.resolve("index.html"));
    assertThat(page).doesNotContain("<script>alert");
    assertThat(page).doesNotContain("<img");
    assertThat(page).doesNotContain("root:");
    assertThat(files()).containsExactly("a.yaml", "report/index.html", "report/report.json");
  }

  @Test
  void whatASessionIsCalledIsInert() throws IOException {
    byte[] session = Bundled.recordings().findFirst().orElseThrow();
    String evil =
        new String(session, UTF_8)
            .replaceFirst("\"kernel\": *\"[^\"]*\"", "\"kernel\":\"<script>alert(2)\"")
            .replaceFirst("\"vmm\": *\"[^\"]*\"", "\"vmm\":\"</script><script>alert(3)\"");
    Path recording = file("\"><script>alert(4)<script>.jsonl", evil);
    Path report = directory.resolve("report");
    run("compare", "--max-schedules", 0, recording, "--html", report);
    assertThat(err.toString()).isEmpty();
    String page = Files.readString(report.resolve("index.html"));
    for (int i = 2; i <= 4; i++) {
      assertThat(page).doesNotContain("<script>alert(" + i);
      assertThat(page).contains("alert(" + i);
    }
  }

  /** Everything below the directory, so that a file in a wrong place is seen. */
  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> directory.relativize(file).toString())
          .toList();
    }
  }

  private String exported(String format, String text) throws IOException {
    Path scenario = file("a.yaml", SCENARIO.replace("TEXT", text));
    String contender = "automatic-linux";
    assertWithMessage(err.toString())
        .that(run("export", scenario, "--contender", contender, "--format", format))
        .isEqualTo(0);
    return out.toString();
  }

  @ParameterizedTest
  @ValueSource(strings = {"mermaid", "plantuml", "ftrace"})
  void exportedTextHasNoLineAndNoMarkUpOfItsOwn(String format) throws IOException {
    String evil = exported(format, EVIL.replace("\"", "").replace("\\n", ""));
    String good = exported(format, "text");
    assertThat(evil.lines().count()).isEqualTo(good.lines().count());
    if (!format.equals("ftrace")) {
      assertThat(evil).doesNotContain("<script");
      assertThat(evil).doesNotContain("<img");
      assertThat(evil).doesNotContain("%%{");
      assertThat(evil.lines().filter(line -> line.stripLeading().startsWith("!"))).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"perfetto", "json"})
  void exportedJsonHasItAsText(String format) throws IOException {
    String text = EVIL.replace("\"", "").replace("\\n", "");
    JsonNode json = new ObjectMapper().readTree(exported(format, text));
    assertThat(json.toString()).contains("<script>alert(1)</script>");
    assertThat(new ObjectMapper().readTree(exported(format, "x")).size()).isEqualTo(json.size());
  }

  @Test
  void anArchiveIsNoRecording() throws IOException {
    ByteArrayOutputStream zip = new ByteArrayOutputStream();
    try (ZipOutputStream out = new ZipOutputStream(zip)) {
      out.putNextEntry(new ZipEntry("../../escaped"));
      out.write(1);
    }
    Path recording = Files.write(directory.resolve("a.jsonl"), zip.toByteArray());
    assertRefused("a.jsonl:1:", "replay", recording);
    assertRefused("a.jsonl:1:", "compare", recording);
    Path scenario = Files.write(directory.resolve("a.yaml"), zip.toByteArray());
    assertRefused("a.yaml:1:", "compare", scenario);
    assertThat(files()).containsExactly("a.jsonl", "a.yaml");
  }

  @Test
  void theNameInAGzipHeaderIsNotUsed() throws IOException {
    byte[] text = (META + STEP).getBytes(UTF_8);
    byte[] plain = Bundled.zipped(text);
    byte[] name = "../../escaped\0".getBytes(UTF_8);
    byte[] named = new byte[plain.length + name.length];
    System.arraycopy(plain, 0, named, 0, 10);
    named[3] = 8; // FNAME
    System.arraycopy(name, 0, named, 10, name.length);
    System.arraycopy(plain, 10, named, 10 + name.length, plain.length - 10);
    Path recording = Files.write(directory.resolve("a.jsonl.gz"), named);
    assertThat(run("replay", recording)).isEqualTo(0);
    assertThat(files()).containsExactly("a.jsonl.gz");
    named[named.length - 6] ^= 1; // the checksum of what is inside
    Files.write(recording, named);
    assertRefused("the gzip data is damaged", "replay", recording);
  }

  @Test
  void nothingIsWrittenOverUnasked() throws IOException {
    Path file = file("mine.yaml", "mine");
    assertRefused("this file exists", "new", file);
    assertThat(Files.readString(file)).isEqualTo("mine");
    assertRefused("cannot be written", "new", directory.resolve("none/../../x/y.yaml"));
  }
}
