package org.irqbypass.fuzz;

import static com.google.common.truth.Truth.assertThat;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.util.stream.Stream;
import org.irqbypass.scenario.InputException;
import org.irqbypass.scenario.Level;
import org.irqbypass.scenario.PlatformException;
import org.irqbypass.scenario.Recording;
import org.irqbypass.scenario.Replay;
import org.irqbypass.scenario.ReplayOptions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.provider.MethodSource;

/** A recording: any bytes can be replayed, or one sentence says why not, and where. */
class RecordingFuzzTest {
  private static final Trials TRIALS =
      new Trials("recordings", "no exception but one complaint of one line with its place");

  @AfterAll
  static void account() {
    TRIALS.close();
  }

  @MethodSource
  @FuzzTest(maxDuration = "", maxExecutions = Trials.INPUTS)
  void recording(byte[] input) {
    TRIALS.run(input, RecordingFuzzTest::tryOut);
  }

  private static void tryOut(byte[] input) {
    try (Recording recording = Recording.open("file", new ByteArrayInputStream(input))) {
      Replay.run(recording, ReplayOptions.at(Level.TRACE));
    } catch (InputException complaint) {
      assertThat(complaint).hasMessageThat().startsWith("file");
      assertThat(complaint).hasMessageThat().doesNotContainMatch("[\\p{Cntrl}]");
    } catch (PlatformException unknown) {
      assertThat(unknown).hasMessageThat().doesNotContainMatch("[\\p{Cntrl}]");
    }
  }

  static Stream<byte[]> recording() {
    String meta = "{\"meta\":{\"platform\":\"x86-remapped\",\"profile\":\"LINUX_6_1\"}}\n";
    String step =
        "{\"case\":\"c\",\"step\":0,\"op\":{\"name\":\"ef.new\",\"fd\":\"e0\"},\"ret\":0}\n";
    return Stream.concat(
        Stream.of(
                "",
                "{}",
                meta,
                "\uFEFF" + meta + step,
                meta + step,
                meta + step.replace("\"ret\":0", "\"ret\":NaN"),
                meta + step.replace("\"ret\":0", "\"ret\":1e999999999"),
                meta + step.replace("\"e0\"", "{\"@class\":\"java.lang.Runtime\"}"),
                meta + step.replace("\"e0\"", "[[[[[[[[]]]]]]]]"),
                meta + "\uD800",
                meta + step.replace("0,", "99999999999999999999999999,"),
                meta + step.replace("}\n", ",\"out\":{\"a\":[1,{}]},\"trace\":[\"x\"]}\n"))
            .map(text -> text.getBytes(UTF_8)),
        Bundled.recordings());
  }
}
