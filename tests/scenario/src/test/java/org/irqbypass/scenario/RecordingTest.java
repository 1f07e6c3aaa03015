package org.irqbypass.scenario;

import static com.google.common.truth.Truth.assertThat;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.common.collect.ImmutableList;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Recordings: what is read, and what is said where a line is damaged. */
class RecordingTest {
  private static final String META =
      "{\"meta\":{\"kernel\":\"6.1\",\"profile\":\"LINUX_6_1\",\"platform\":\"x86-remapped\","
          + "\"trace\":true,\"devices\":{\"nic\":{\"intx\":1,\"msi\":1,\"msix\":5,\"err\":null,"
          + "\"req\":1,\"reset\":true},\"rtc\":{\"platform\":[\"level\"],\"amba\":true,"
          + "\"reset\":true}}}}\n";

  private static final String NEW =
      "{\"case\":\"A\",\"step\":1,\"op\":{\"name\":\"ef.new\",\"fd\":\"e0\"},\"ret\":0,"
          + "\"errno\":null,\"out\":{},\"trace\":[]}\n";

  private static final String READ =
      "{\"case\":\"B\",\"step\":7,\"op\":{\"name\":\"ef.read\",\"fd\":\"e0\"},\"ret\":-1,"
          + "\"errno\":\"EAGAIN\",\"out\":{\"value\":3},\"trace\":[\"eventfd_signal(e0,1)\"]}\n";

  @TempDir Path dir;

  @Test
  void readsMetaAndOperations() {
    try (Recording recording = of(META + NEW + "\n" + READ)) {
      assertThat(recording.meta().profile()).isEqualTo(KernelProfile.LINUX_6_1);
      DeviceDescription nic = requireNonNull(recording.meta().devices().get("nic"));
      assertThat(nic.msix()).isEqualTo(5);
      assertThat(nic.err()).isEqualTo(0);
      assertThat(nic.isPlatform()).isFalse();
      ImmutableList<RecordedOperation> operations = ImmutableList.copyOf(recording);
      assertThat(operations).hasSize(2);
      RecordedOperation read = operations.get(1);
      assertThat(read.operation()).isEqualTo(Operation.parse("ef.read fd=e0"));
      assertThat(read.operation().position().line()).isEqualTo(4);
      assertThat(read.result()).isEqualTo("-1 EAGAIN");
      assertThat(read.out()).containsExactly("value", 3L);
      assertThat(read.trace()).containsExactly("eventfd_signal(e0,1)");
    }
  }

  @Test
  void readsGzip() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write((META + NEW).getBytes(UTF_8));
    }
    try (Recording recording = Recording.open("r", new ByteArrayInputStream(bytes.toByteArray()))) {
      assertThat(ImmutableList.copyOf(recording)).hasSize(1);
    }
    byte[] half = java.util.Arrays.copyOf(bytes.toByteArray(), bytes.size() / 2);
    assertThat(
            assertThrows(
                InputException.class,
                () -> ImmutableList.copyOf(Recording.open("r", new ByteArrayInputStream(half)))))
        .hasMessageThat()
        .contains("the gzip data ends too early");
  }

  @Test
  void casesAreRunsOfLines() {
    try (Recording recording = of(META + NEW + NEW + READ)) {
      ImmutableList<ImmutableList<RecordedOperation>> cases =
          ImmutableList.copyOf(recording.cases(name -> true));
      assertThat(cases.stream().map(ImmutableList::size)).containsExactly(2, 1).inOrder();
    }
    try (Recording recording = of(META + NEW + NEW + READ)) {
      assertThat(recording.cases("B"::equals)).hasSize(1);
    }
  }

  @Test
  void recordingsMaySayMoreThanTheVocabularyKnows() {
    String more = NEW.replace("\"fd\":\"e0\"", "\"fd\":\"e0\",\"colour\":\"red\"");
    try (Recording recording = of(META + more)) {
      assertThat(ImmutableList.copyOf(recording)).hasSize(1);
    }
  }

  @Test
  void missingFile() {
    Path missing = dir.resolve("none.jsonl");
    assertThat(assertThrows(InputException.class, () -> Recording.open(missing)))
        .hasMessageThat()
        .isEqualTo(missing + ": there is no such file");
    assertThat(assertThrows(InputException.class, () -> Recording.open(dir)))
        .hasMessageThat()
        .isEqualTo(dir + ": this is a directory");
  }

  @Test
  void damagedLinesAreLocated() {
    assertThat(complaint("")).isEqualTo("r:1:1: the recording is empty, expected {\"meta\":{...}}");
    assertThat(complaint(NEW))
        .isEqualTo("r:1:1: the first line of a recording must be {\"meta\":{...}}");
    assertThat(complaint(META + NEW.substring(0, 40)))
        .startsWith("r:2:41: the JSON ends too early");
    assertThat(complaint(META + "hello\n")).startsWith("r:2:");
    assertThat(complaint(META + "[1]\n")).contains("r:2:1: the line is a list, expected a map");
    assertThat(complaint(META + NEW.replace("ef.new", "ef.knew")))
        .isEqualTo("r:2:35: \"ef.knew\" is no operation; did you mean ef.new?");
    assertThat(complaint(META + NEW.replace("\"step\":1", "\"step\":\"one\"")))
        .contains("step is text \"one\", expected a count from 0");
    assertThat(complaint(META + NEW.replace("\"case\":\"A\",", ""))).contains("case is missing");
    assertThat(complaint(META + NEW.replace("\"ret\":0", "\"ret\":0,\"ret\":0")))
        .contains("\"ret\" is there twice");
    assertThat(complaint(META + NEW.replace("\"e0\"", "\"\""))).contains("expected a name");
    assertThat(
            complaint(
                META
                    + NEW.replace(
                        "\"name\":\"ef.new\",\"fd\":\"e0\"",
                        "\"name\":\"vfio.reset\",\"dev\":\"nik\"")))
        .contains("expected a device: nic, rtc; did you mean nic?");
    assertThat(complaint(META.replace("[\"level\"]", "[\"sideways\"]") + NEW))
        .contains("platform is text \"sideways\", expected level or edge");
    assertThat(complaint(META.replace("\"msix\":5", "\"msix\":999999999") + NEW))
        .contains("msix is a number \"999999999\", expected at most 2048");
    assertThat(complaint(META.replace("\"msix\":5", "\"msx\":5") + NEW))
        .contains("device nic has no \"msx\"; did you mean msi?");
  }

  @Test
  void noArgumentIsAMapButWhereAnyTextWouldDo() {
    assertThat(complaint(META + NEW.replace("\"e0\"", "{\"e0\":\"e1\"}")))
        .contains("fd is a map, expected a name");
    try (Recording recording =
        of(
            META
                + NEW.replace(
                    "\"name\":\"ef.new\",\"fd\":\"e0\"", "\"name\":\"mark\",\"text\":{\"a\":1}"))) {
      assertThat(ImmutableList.copyOf(recording)).hasSize(1);
    }
  }

  @Test
  void messageInterruptsComeInPowersOfTwo() {
    assertThat(complaint(META.replace("\"msi\":1", "\"msi\":3") + NEW))
        .contains("msi is a number \"3\", expected 0 or a power of two");
  }

  @Test
  void casesAreBounded() {
    String endless = NEW.repeat(Recording.MOST_OPERATIONS + 1);
    try (Recording recording = of(META + endless)) {
      Iterable<ImmutableList<RecordedOperation>> cases = recording.cases();
      assertThat(assertThrows(InputException.class, () -> ImmutableList.copyOf(cases)))
          .hasMessageThat()
          .endsWith("the case has more than 100000 operations");
    }
  }

  @Test
  void filesAreBounded() {
    InputStream endless =
        new InputStream() {
          @Override
          public int read() {
            return '\n';
          }

          @Override
          public int read(byte[] bytes, int from, int length) {
            Arrays.fill(bytes, from, from + length, (byte) '\n');
            return length;
          }
        };
    assertThat(assertThrows(InputException.class, () -> Recording.open("r", endless)))
        .hasMessageThat()
        .endsWith("the file is longer than 67108864 bytes");
  }

  @Test
  void zerosAreNoText() throws IOException {
    Path zeros = dir.resolve("zeros");
    Files.write(zeros, new byte[10_000_000]);
    assertThat(assertThrows(InputException.class, () -> Recording.open(zeros)))
        .hasMessageThat()
        .isEqualTo(zeros + ":1:1: this is no text: there is a zero byte");
  }

  @Test
  void linesAreBounded() {
    InputStream endless =
        new InputStream() {
          @Override
          public int read() {
            return 'x';
          }
        };
    assertThat(assertThrows(InputException.class, () -> Recording.open("r", endless)))
        .hasMessageThat()
        .startsWith("r:1:1: the line is longer than");
  }

  @Test
  void nestingIsBounded() {
    assertThat(complaint(META + "{\"case\":" + "[".repeat(200_000)))
        .contains("nested more than 32 deep");
    assertThat(complaint(META + "{\"a\":".repeat(200_000))).contains("nested more than 32 deep");
  }

  @Test
  void onlyUtf8IsText() {
    byte[] latin =
        (META + NEW.replace("e0", "\u00e9")).getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
    assertThat(
            assertThrows(
                InputException.class,
                () -> ImmutableList.copyOf(Recording.open("r", new ByteArrayInputStream(latin)))))
        .hasMessageThat()
        .isEqualTo("r:2:50: this is no UTF-8 text");
  }

  @Test
  void aMarkBeforeTheTextIsNoPartOfIt() {
    try (Recording recording = of("\uFEFF" + META + NEW)) {
      assertThat(ImmutableList.copyOf(recording)).hasSize(1);
    }
    assertThat(complaint(META + "\uFEFF" + NEW)).startsWith("r:2:1: this is no JSON, expected");
  }

  @Test
  void whatIsNoJsonIsSaidInOwnWords() {
    String value =
        ": this is no JSON, expected text in quotes, a number, true, false, null, a list or a map";
    assertThat(complaint(META + NEW.replace("\"ret\":0", "\"ret\":NaN"))).endsWith(value);
    assertThat(complaint(META + NEW.replace("\"ret\":0", "\"ret\":nought"))).endsWith(value);
    assertThat(complaint(META + NEW.replace("\"ret\":0", "\"ret\":,"))).endsWith(value);
    assertThat(complaint(META + NEW.replace("\"ret\":0", "\"ret\" 0")))
        .isEqualTo("r:2:61: this is no JSON, expected a colon");
    assertThat(complaint(META + NEW.replace("\"ret\":0", "\"ret\":0 1")))
        .isEqualTo("r:2:63: this is no JSON, expected a comma or an end");
    assertThat(complaint(META + NEW.replace("\"ret\":0", "ret:0")))
        .endsWith("this is no JSON, expected a name in quotes");
    assertThat(complaint(META + NEW.replace("\"A\"", "\"\\q\""))).endsWith(": this is no JSON");
  }

  /** What was not recorded must not pass for a match. */
  @Test
  void everyOperationReturnedSomething() {
    assertThat(complaint(META + NEW.replace("\"ret\":0,", ""))).isEqualTo("r:2:1: ret is missing");
    assertThat(complaint(META + NEW.replace("\"ret\":0", "\"ret\":null")))
        .endsWith("ret is null, expected an integer");
  }

  private static Recording of(String text) {
    return Recording.open("r", new ByteArrayInputStream(text.getBytes(UTF_8)));
  }

  private static String complaint(String text) {
    InputException thrown =
        assertThrows(InputException.class, () -> ImmutableList.copyOf(of(text)));
    assertThat(thrown).hasMessageThat().doesNotContain("\n");
    return String.valueOf(thrown.getMessage());
  }
}
