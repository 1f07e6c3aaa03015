package org.irqbypass.scenario;

import static com.google.common.truth.Truth.assertThat;
import static java.util.Objects.requireNonNull;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the runner saw is a recording like any other. */
class RecordingWriterTest {
  @ParameterizedTest
  @ValueSource(
      strings = {"x86-remapped", "x86-posted", "arm64-gicv2", "arm64-gicv3", "arm64-gicv4"})
  void whatWasWrittenIsReadAndReplayed(String name) throws IOException {
    Scenario scenario =
        Scenario.read(
            name,
            requireNonNull(RecordingWriterTest.class.getResourceAsStream(name + ".yaml"), name));
    SimulatedHost host = SimulatedHost.create(HostOptions.of(scenario));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Execution execution;
    try (RecordingWriter writer = new RecordingWriter(bytes, host)) {
      execution = new Runner(host).run(scenario);
      for (Execution.Step step : execution.steps()) {
        writer.write("case", step);
      }
    }
    try (Recording recording = of(bytes)) {
      assertThat(recording.meta().devices()).isEqualTo(scenario.devices());
      int index = 0;
      for (RecordedOperation recorded : recording) {
        Execution.Step step = execution.steps().get(index++);
        assertThat(recorded.operation()).isEqualTo(step.operation());
        assertThat(recorded.out()).isEqualTo(step.outcome().out());
        assertThat(recorded.thread()).isEqualTo(step.actor());
      }
      assertThat(index).isEqualTo(execution.steps().size());
    }
    try (Recording recording = of(bytes)) {
      assertThat(Replay.run(recording, ReplayOptions.at(Level.OUTPUTS)).matches()).isTrue();
    }
  }

  private static Recording of(ByteArrayOutputStream bytes) {
    return Recording.open("r", new ByteArrayInputStream(bytes.toByteArray()));
  }
}
