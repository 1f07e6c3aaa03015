package org.irqbypass.comparison.command;

import static com.google.common.truth.Truth.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DemoCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String line) {
    return new CommandLineTool(new Console(new PrintWriter(out), new PrintWriter(err), false))
        .run(line.split(" ", -1));
  }

  @ParameterizedTest
  @CsvSource({
    "'', explicit-late, automatic-linux",
    "--contender automatic-retry, automatic-retry, explicit-late",
    "--contender explicit-advised, explicit-advised, automatic-linux",
    "--contender automatic-linux --contender automatic-retry, automatic-linux, automatic-retry"
  })
  @DisplayName("without a terminal it is plain text of the two that were named")
  void pairs(String options, String left, String right) {
    assertThat(run(("demo hot-unplug " + options + " --plain").replace("  ", " ")))
        .isEqualTo(ExitStatus.OK);
    assertThat(out.toString()).contains("on x86-posted, " + left + " and " + right);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "demo hot-unplug --auto 0",
        "demo hot-unplug --auto -1",
        "demo hot-unplug --auto NaN",
        "demo hot-unplug --auto soon",
        "demo hot-unplug --contender automatic-linux --contender automatic-retry"
            + " --contender explicit-late"
      })
  @DisplayName("a command line that makes no sense is status 2")
  void usage(String line) {
    assertThat(run(line)).isEqualTo(ExitStatus.USAGE);
    assertThat(err.toString()).startsWith("irqbypass: ");
    assertThat(out.toString()).isEmpty();
  }

  @Test
  @DisplayName("--auto also paces plain text, and ends")
  void auto() {
    assertThat(run("demo stale-vlpi --auto 0.001")).isEqualTo(ExitStatus.OK);
    assertThat(out.toString()).contains("step 1 of ");
  }
}
