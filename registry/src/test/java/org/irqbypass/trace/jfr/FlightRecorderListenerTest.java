package org.irqbypass.trace.jfr;

import static com.google.common.truth.Truth.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import jdk.jfr.EventType;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.eventfd.Eventfds;
import org.irqbypass.trace.ManualTicker;
import org.irqbypass.trace.TraceEvent;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.work.CooperativeWaiter;
import org.irqbypass.work.DeterministicWorkQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FlightRecorderListenerTest {
  @TempDir Path directory;

  private final ManualTicker ticker = new ManualTicker();
  private final Tracepoints trace = new Tracepoints(ticker);
  private final EventfdContext eventfd =
      new Eventfds(new CooperativeWaiter(new DeterministicWorkQueue()), trace)
          .create(0, Eventfds.EFD_NONBLOCK);

  /** A user's own kind of step. */
  interface OwnEvent extends TraceEvent {
    /** One with something of each sort. */
    record Moved(@Nullable Object from, boolean byForce, Thread.State state) implements OwnEvent {}
  }

  private List<RecordedEvent> recorded(Recording recording) throws IOException {
    Path file = directory.resolve("test.jfr");
    recording.dump(file);
    return RecordingFile.readAllEvents(file).stream()
        .filter(event -> event.getEventType().getName().startsWith("irqbypass."))
        .toList();
  }

  @Test
  @DisplayName("a recording has each step with its fields, under a name, a category and labels")
  void recordsSteps() throws IOException {
    try (var listener = new FlightRecorderListener();
        var recording = new Recording()) {
      recording.start();
      trace.listen(listener);
      ticker.advance(7);
      eventfd.signal();
      recording.stop();
      List<RecordedEvent> events = recorded(recording);
      assertThat(events).hasSize(1);
      RecordedEvent signal = events.get(0);
      EventType type = signal.getEventType();
      assertThat(type.getName()).isEqualTo("irqbypass.EventfdSignal");
      assertThat(type.getLabel()).isEqualTo("Eventfd Signal");
      assertThat(type.getCategoryNames()).containsExactly("irqbypass", "Eventfd").inOrder();
      assertThat(type.getField("hostTime").getLabel()).isEqualTo("Host Time");
      assertThat(signal.getDuration("hostTime")).isEqualTo(Duration.ofNanos(7));
      assertThat(signal.getString("eventfd")).isEqualTo(eventfd.toString());
      assertThat(signal.getLong("n")).isEqualTo(1);
      assertThat(signal.getThread().getJavaName()).isEqualTo(Thread.currentThread().getName());
      assertThat(signal.getStackTrace()).isNull();
    }
    assertThat(trace.failures()).isEqualTo(0);
  }

  @Test
  @DisplayName("a user's own events are recorded too: what is no number is written as text")
  void recordsOwnEvents() throws IOException {
    try (var listener = new FlightRecorderListener();
        var recording = new Recording()) {
      recording.enable("irqbypass.OwnMoved").withStackTrace();
      recording.start();
      trace.listen(listener);
      trace.emit(new OwnEvent.Moved(null, true, Thread.State.BLOCKED));
      recording.stop();
      RecordedEvent moved = recorded(recording).get(0);
      assertThat(moved.getEventType().getName()).isEqualTo("irqbypass.OwnMoved");
      assertThat(moved.getString("from")).isNull();
      assertThat(moved.getBoolean("byForce")).isTrue();
      assertThat(moved.getString("state")).isEqualTo("BLOCKED");
      assertThat(moved.getEventType().getField("byForce").getLabel()).isEqualTo("By Force");
      assertThat(moved.getStackTrace()).isNotNull();
    }
    assertThat(trace.failures()).isEqualTo(0);
  }

  @Test
  @DisplayName("an event that no room encloses has a name and a category without one")
  void recordsWithoutRoom() throws IOException {
    try (var listener = new FlightRecorderListener();
        var recording = new Recording()) {
      recording.start();
      trace.listen(listener);
      trace.emit(new OwnStep(3));
      recording.stop();
      RecordedEvent step = recorded(recording).get(0);
      assertThat(step.getEventType().getName()).isEqualTo("irqbypass.OwnStep");
      assertThat(step.getEventType().getCategoryNames()).containsExactly("irqbypass");
      assertThat(step.getInt("number")).isEqualTo(3);
    }
    assertThat(trace.failures()).isEqualTo(0);
  }

  @Test
  @DisplayName("what a recording does not want is not recorded")
  void disabled() throws IOException {
    try (var listener = new FlightRecorderListener();
        var recording = new Recording()) {
      recording.disable("irqbypass.EventfdSignal");
      recording.start();
      trace.listen(listener);
      eventfd.signal();
      recording.stop();
      assertThat(recorded(recording)).isEmpty();
    }
  }

  @Test
  @DisplayName("what was recorded stays when the listener is closed, and its types go")
  void closed() throws IOException {
    try (var recording = new Recording()) {
      recording.start();
      try (var listener = new FlightRecorderListener()) {
        trace.listen(listener);
        eventfd.signal();
        assertThat(types()).contains("irqbypass.EventfdSignal");
      }
      trace.listen(null);
      recording.stop();
      assertThat(recorded(recording)).hasSize(1);
    }
    assertThat(types()).doesNotContain("irqbypass.EventfdSignal");
  }

  private static List<String> types() {
    return FlightRecorder.getFlightRecorder().getEventTypes().stream()
        .map(EventType::getName)
        .toList();
  }
}
