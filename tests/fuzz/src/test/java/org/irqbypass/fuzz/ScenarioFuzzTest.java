package org.irqbypass.fuzz;

import static com.google.common.truth.Truth.assertThat;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.util.stream.Stream;
import org.irqbypass.scenario.HostOptions;
import org.irqbypass.scenario.InputException;
import org.irqbypass.scenario.Runner;
import org.irqbypass.scenario.Scenario;
import org.irqbypass.scenario.SimulatedHost;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.provider.MethodSource;

/** A scenario file: any bytes are a scenario that runs, or one sentence says why not, and where. */
class ScenarioFuzzTest {
  private static final Trials TRIALS =
      new Trials("scenario files", "no exception but one complaint of one line with its place");

  /** So many steps are run of what can be read. */
  private static final int MOST = 64;

  @AfterAll
  static void account() {
    TRIALS.close();
  }

  @MethodSource
  @FuzzTest(maxDuration = "", maxExecutions = Trials.INPUTS)
  void scenario(byte[] input) {
    TRIALS.run(input, ScenarioFuzzTest::tryOut);
  }

  private static void tryOut(byte[] input) {
    try {
      Scenario scenario = Scenario.read("file", new ByteArrayInputStream(input));
      Runner runner = new Runner(SimulatedHost.create(HostOptions.of(scenario)));
      scenario.steps().stream().limit(MOST).forEach(step -> runner.run(step.operation()));
    } catch (InputException complaint) {
      assertThat(complaint).hasMessageThat().startsWith("file");
      assertThat(complaint).hasMessageThat().doesNotContainMatch("[\\p{Cntrl}]");
    }
  }

  static Stream<byte[]> scenario() {
    String head = "name: a\nplatform: x86-posted\n";
    return Stream.concat(
        Stream.of(
                "",
                "\0",
                "\uFEFF" + head + "steps: []\n",
                head + "steps:\n- vmm: vm.new vm=v0\n",
                head + "steps:\n- repeat: 2147483647\n  steps: []\n",
                head + "steps:\n- meanwhile:\n  - device: mark\n- mark: x\n- guest: work.run\n",
                head
                    + "devices: {n: {msi: .nan}, m: {msi: 1e9}, o: {platform: [level]}}\nsteps: []",
                head + "steps: &a [*a, *a]\n",
                head + "steps: !!javax.script.ScriptEngineManager []\n",
                "? [a]\n: b\n",
                "a: 'b\n",
                "- ".repeat(40),
                "[".repeat(100))
            .map(text -> text.getBytes(UTF_8)),
        Bundled.scenarios());
  }
}
