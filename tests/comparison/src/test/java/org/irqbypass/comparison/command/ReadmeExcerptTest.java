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

/** What the project's README shows of an output is what the program prints. */
class ReadmeExcerptTest {
  @TempDir Path directory;

  /** What a command prints, which comes to a good end. */
  private static String shown(String... arguments) {
    StringWriter out = new StringWriter();
    Console console = new Console(new PrintWriter(out), new PrintWriter(new StringWriter()), false);
    assertThat(new CommandLineTool(console).run(arguments)).isEqualTo(ExitStatus.OK);
    return out.toString();
  }

  @Test
  @DisplayName("the table in the README is that of compare, to the letter")
  void compare() throws IOException {
    String shown = shown("compare", "platform-level-irq", "--out", directory.toString());
    assertThat(Files.readString(Path.of("..", "..", "README.md")))
        .contains(shown.substring(0, shown.indexOf("\nThe page: ")).strip());
  }

  @Test
  @DisplayName("so are the census of every order in the README, and the shortest order below it")
  void explore() throws IOException {
    String shown = shown("explore", "platform-level-irq");
    String readme = Files.readString(Path.of("..", "..", "README.md"));
    assertThat(readme).contains(shown.substring(0, shown.indexOf("\n\n  72 of ")));
    assertThat(readme).contains(shown.substring(shown.indexOf("automatic-linux: nothing")).strip());
  }

  @Test
  @DisplayName("so is the storm at full size in the comparison's README")
  void storm() throws IOException {
    String shown = shown("run", "irqfd-storm", "--contender", "automatic-linux");
    String table =
        shown.substring(shown.indexOf("At full size"), shown.indexOf("  Waits are modelled"));
    assertThat(Files.readString(Path.of("README.md"))).contains(table);
  }
}
