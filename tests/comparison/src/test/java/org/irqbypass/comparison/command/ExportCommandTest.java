package org.irqbypass.comparison.command;

import static com.google.common.truth.Truth.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExportCommandTest {
  @TempDir Path directory;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int export(String... more) {
    out.getBuffer().setLength(0);
    String[] line = new String[6 + more.length];
    System.arraycopy(
        new String[] {
          "export", "hot-unplug", "--contender", "automatic-linux", "--format", "ftrace"
        },
        0,
        line,
        0,
        6);
    System.arraycopy(more, 0, line, 6, more.length);
    return new CommandLineTool(new Console(new PrintWriter(out), new PrintWriter(err), false))
        .run(line);
  }

  @Test
  @DisplayName("export writes to the standard output, or to the file it is given")
  void file() throws IOException {
    assertThat(export()).isEqualTo(ExitStatus.OK);
    String text = out.toString();
    assertThat(text).startsWith("# tracer: nop\n");
    Path file = directory.resolve("trace.txt");
    assertThat(export("--out", file.toString())).isEqualTo(ExitStatus.OK);
    assertThat(out.toString()).isEmpty();
    assertThat(Files.readString(file)).isEqualTo(text);
  }

  @Test
  @DisplayName("a file that cannot be written is status 3, said in one sentence")
  void unwritable() {
    Path file = directory.resolve("none/trace.txt");
    assertThat(export("--out", file.toString())).isEqualTo(ExitStatus.BAD_INPUT);
    assertThat(err.toString().strip().lines().count()).isEqualTo(1);
    assertThat(err.toString()).startsWith("irqbypass: " + file);
  }
}
