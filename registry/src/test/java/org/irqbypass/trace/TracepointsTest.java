package org.irqbypass.trace;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class TracepointsTest {
  private record Step(int number) implements TraceEvent {}

  private final ManualTicker ticker = new ManualTicker();
  private final Tracepoints trace = new Tracepoints(ticker);

  @Test
  void nobodyListensAtFirst() {
    assertThat(trace.enabled()).isFalse();
    trace.emit(new Step(1));
    assertThat(trace.failures()).isEqualTo(0);
  }

  @Test
  void eventsComeInOrderWithTheHostsTime() {
    List<String> told = new ArrayList<>();
    trace.listen((nanos, event) -> told.add(nanos + " " + event));
    trace.emit(new Step(1));
    ticker.advance(5);
    trace.emit(new Step(2));
    trace.listen(null);
    trace.emit(new Step(3));

    assertThat(told).containsExactly("0 Step[number=1]", "5 Step[number=2]").inOrder();
  }

  @Test
  void aListenersFaultDoesNotDisturbTheStep() {
    trace.listen(
        (nanos, event) -> {
          throw new IllegalStateException("fault");
        });
    trace.emit(new Step(1));

    assertThat(trace.failures()).isEqualTo(1);
  }

  @Test
  void norDoesItsError() {
    trace.listen(
        (nanos, event) -> {
          throw new AssertionError("fault");
        });
    trace.emit(new Step(1));

    assertThat(trace.failures()).isEqualTo(1);
  }

  @Test
  void timeDoesNotGoBack() {
    ticker.advance(3);
    assertThrows(IllegalArgumentException.class, () -> ticker.advance(-1));
    ticker.advance(0);

    assertThat(ticker.nanos()).isEqualTo(3);
  }
}
