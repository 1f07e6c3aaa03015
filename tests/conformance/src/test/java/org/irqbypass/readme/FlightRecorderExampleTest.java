package org.irqbypass.readme;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.irqbypass.comparison.catalogue.Catalogue;
import org.irqbypass.scenario.HostOptions;
import org.irqbypass.scenario.Runner;
import org.irqbypass.scenario.Scenario;
import org.irqbypass.scenario.SimulatedHost;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.trace.jfr.FlightRecorderListener;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole host under the JDK's Flight Recorder, attached as the registry's README shows it. */
class FlightRecorderExampleTest {
  @TempDir Path directory;

  @Test
  @DisplayName("every room's steps are in a recording, as often as they happened")
  void everyRoom() throws IOException {
    Scenario scenario = Catalogue.load("nic-msix-boot").scenario();
    SimulatedHost host = SimulatedHost.create(HostOptions.of(scenario));
    Runner runner = new Runner(host);
    Tracepoints trace = host.trace();
    List<RecordedEvent> recorded;
    try (Recording recording = new Recording()) {
      recording.start();
      // README begins
      var recorder = new FlightRecorderListener();
      trace.listen(recorder); // one listener is enough for several hosts
      // README ends
      runner.run(scenario);
      recorder.close();
      recording.stop();
      Path file = directory.resolve("irqbypass.jfr");
      recording.dump(file);
      recorded = RecordingFile.readAllEvents(file);
    }
    Set<String> names =
        recorded.stream().map(event -> event.getEventType().getName()).collect(Collectors.toSet());
    assertThat(names)
        .containsAtLeast(
            "irqbypass.EventfdSignal",
            "irqbypass.HostIrqRaised",
            "irqbypass.RegistryConnected",
            "irqbypass.VfioSetVectorSignal",
            "irqbypass.KvmSetIrq",
            "irqbypass.VcpuTake",
            "irqbypass.X86ApicAcceptIrq",
            "irqbypass.LegacyGroupAdded");
    assertThat(trace.failures()).isEqualTo(0);
    RecordedEvent pairing =
        recorded.stream()
            .filter(event -> event.getEventType().getName().equals("irqbypass.RegistryConnected"))
            .findFirst()
            .orElseThrow();
    assertThat(pairing.getString("producer")).contains("nic");
  }

  @Test
  @DisplayName("the registry's README shows this test's code")
  void theReadmeShowsThisTestsCode() throws IOException {
    Path source =
        Path.of(
            "src", "test", "java", "org", "irqbypass", "readme", "FlightRecorderExampleTest.java");
    List<String> lines = Files.readAllLines(source);
    String shown =
        lines
            .subList(
                lines.indexOf("      // README begins") + 1, lines.indexOf("      // README ends"))
            .stream()
            .map(line -> line.substring(6))
            .collect(Collectors.joining("\n"));
    assertThat(shown).contains("FlightRecorderListener");
    assertWithMessage("registry/README.md")
        .that(Files.readString(Path.of("..", "..", "registry", "README.md")))
        .contains(shown);
  }
}
