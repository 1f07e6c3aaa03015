package org.irqbypass.fuzz;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.management.ThreadMXBean;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.irqbypass.comparison.command.ExitStatus;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.vfio.IrqIndex;
import org.irqbypass.vfio.IrqSet;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What would cost much more than it is long, if anything believed it. */
class BadInputTest {
  private static final String HEAD = "name: a\nplatform: x86-posted\n";
  private static final String META =
      "{\"meta\":{\"platform\":\"x86-remapped\",\"profile\":\"LINUX_6_1\"}}\n";
  private static final String STEP =
      "{\"case\":\"c\",\"step\":0,\"op\":{\"name\":\"ef.new\",\"fd\":\"e0\"},\"ret\":0}\n";
  private static final int DEEP = 100_000;

  @TempDir Path directory;

  private final List<String> commands = new ArrayList<>();
  private final List<String> expected = new ArrayList<>();

  /** A file, what the program is to do with it, and what it has to say of it. */
  private void attempt(String command, String file, String says, byte[] bytes) throws IOException {
    attempt(command, file, says, out -> out.write(bytes));
  }

  private void attempt(String command, String file, String says, String text) throws IOException {
    attempt(command, file, says, text.getBytes(UTF_8));
  }

  private void attempt(String command, String file, String says, Content content)
      throws IOException {
    try (OutputStream out =
        new BufferedOutputStream(Files.newOutputStream(directory.resolve(file)))) {
      content.writeTo(out);
    }
    commands.add(command.replace("FILE", directory.resolve(file).toString()));
    expected.add(says);
  }

  /** What is in a file. */
  @FunctionalInterface
  private interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  private static void fill(OutputStream out, char with, int mebibytes) throws IOException {
    byte[] mebibyte = new byte[1 << 20];
    Arrays.fill(mebibyte, (byte) with);
    for (int i = 0; i < mebibytes; i++) {
      out.write(mebibyte);
    }
  }

  private static byte[] latin1(String text) {
    return text.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
  }

  @Test
  void filesAreRefusedInOneSentenceWithinSixtyFourMegabytes() throws Exception {
    String run = "run FILE --contender automatic-linux";
    String replay = "replay FILE";
    String laughs = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n";
    attempt(run, "laughs.yaml", ":1:4: anchors and aliases", laughs);
    attempt(run, "list.yaml", ":1:", "[".repeat(DEEP));
    attempt(run, "map.yaml", ":1:", "{a: ".repeat(DEEP));
    attempt(run, "block.yaml", ":1:", "- ".repeat(DEEP));
    attempt(run, "key.yaml", ":1:", "? ".repeat(DEEP));
    attempt(replay, "deep.jsonl", ":2:", META + "[".repeat(DEEP) + "\n");
    attempt(replay, "deeper.jsonl", ":2:", META + "{\"a\":".repeat(DEEP) + "\n");
    attempt(run, "line.yaml", ": the file is longer than", out -> fill(out, 'x', 100));
    attempt(replay, "line.jsonl", ":1:1: the line is longer than", out -> fill(out, ' ', 100));
    attempt(
        replay,
        "bomb.jsonl.gz",
        ": the file is longer than 67108864 bytes",
        out -> {
          try (OutputStream zipped = new GZIPOutputStream(out)) {
            fill(zipped, '\n', 65);
          }
        });
    attempt(run, "times.yaml", ":3:20: repeat is a number", HEAD + times("9".repeat(30)));
    attempt(run, "most.yaml", ":3:", HEAD + times("2147483647"));
    attempt(run, "nan.yaml", ":3:20: msi is", HEAD + "devices: {n: {msi: .nan}}\nsteps: []\n");
    attempt(replay, "nan.jsonl", ":2:64: this is no JSON", META + STEP.replace(":0}", ":NaN}"));
    attempt(replay, "huge.jsonl", ":2:61: ret is a number", META + STEP.replace(":0}", ":1e999}"));
    attempt(
        run, "utf8.yaml", ":3:8: this is no UTF-8", latin1(HEAD + "title: \u00e9\nsteps: []\n"));
    attempt(replay, "utf8.jsonl", ":2:1: this is no UTF-8", latin1(META + "\u00e9"));
    attempt(run, "object.yaml", ":3:8: tags (!)", HEAD + "steps: !!javax.script.X []\n");
    attempt(
        replay,
        "object.jsonl",
        ":2:49: fd is a map",
        META + STEP.replace("\"e0\"", "{\"@class\":\"java.net.URL\"}"));
    commands.add("run FILE --contender automatic-linux".replace("FILE", "\u0001"));
    expected.add(": there is neither such a file");
    check(answers());
  }

  private static String times(String times) {
    return "steps: [ { repeat: " + times + ", steps: [ vmm: mark ] } ]\n";
  }

  private void check(List<String> answers) {
    assertThat(answers).hasSize(commands.size());
    for (int i = 0; i < answers.size(); i++) {
      String answer = answers.get(i);
      assertWithMessage(commands.get(i)).that(answer).startsWith(ExitStatus.BAD_INPUT + " irqby");
      assertWithMessage(commands.get(i)).that(answer).contains(expected.get(i));
      assertWithMessage(commands.get(i)).that(answer).doesNotContain(" | ");
    }
  }

  /** What a JVM with little memory says. */
  private List<String> answers() throws IOException, InterruptedException {
    Path asked = Files.write(directory.resolve("commands"), commands);
    Path answered = directory.resolve("answers");
    Path said = directory.resolve("said");
    Process small =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Attempts.class.getName(),
                asked.toString(),
                answered.toString())
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .start();
    int status = small.waitFor();
    assertWithMessage(Files.readString(said)).that(status).isEqualTo(0);
    return Files.readAllLines(answered);
  }

  @Test
  void aByteOrderMarkIsNoContent() throws Exception {
    attempt("run FILE --contender automatic-linux", "a.yaml", "", "\uFEFF" + HEAD + "steps: []\n");
    attempt("replay FILE", "a.jsonl", "", "\uFEFF" + META + STEP);
    assertThat(answers()).containsExactly("0 ", "0 ");
  }

  @Test
  void structuresThatClaimGigabytesCostNothing() {
    Subject subject = Subject.of(new Choices(new byte[] {1})); // a host that posts
    ByteBuffer set =
        IrqSet.of(IrqSet.DATA_EVENTFD | IrqSet.ACTION_TRIGGER, IrqIndex.MSIX, 0, -1)
            .withArgsz(-1)
            .write();
    assertRefused(Errno.EINVAL, () -> subject.device("nic").setIrqs(set));
    assertRefused(Errno.EINVAL, () -> subject.device("nic").setIrqs(set.putInt(16, -2)));
    assertRefused(Errno.EFAULT, () -> subject.device("nic").setIrqs(set.putInt(16, 4)));
    for (int count : new int[] {-1, Integer.MIN_VALUE, 4097, 0x05555556}) {
      ByteBuffer table = words(count, 0);
      assertRefused(Errno.EINVAL, () -> subject.vm().setGsiRouting(table));
    }
    assertRefused(Errno.EFAULT, () -> subject.vm().setGsiRouting(words(4096, 0)));
    for (int count : new int[] {-1, -2, Integer.MIN_VALUE, 0x40000000}) {
      ByteBuffer irq = words(-1, 6, IrqIndex.MSIX, 0, count);
      assertRefused(Errno.EINVAL, () -> subject.kvmVfio().setAttr(2, 1, irq));
    }
    ByteBuffer irq = words(-1, 6, IrqIndex.MSIX, 0, 0x3fffff00);
    assertRefused(Errno.EFAULT, () -> subject.kvmVfio().setAttr(2, 1, irq));
  }

  private static ByteBuffer words(int... words) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * words.length).order(ByteOrder.nativeOrder());
    bytes.asIntBuffer().put(words);
    return bytes;
  }

  /** Refused, and without an allocation of what was claimed. */
  private static void assertRefused(Errno errno, Runnable call) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    ErrnoException refused = Assertions.assertThrows(ErrnoException.class, call::run);
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(4L << 20);
    assertThat(refused.errno()).isEqualTo(errno);
  }
}
