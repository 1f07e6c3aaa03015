package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import org.irqbypass.trace.TraceEvent;

/**
 * What an operation came to, or was recorded to.
 *
 * @param result result and errno as people write them
 * @param out what it returned besides, as it is compared
 * @param events what it caused here; none of what was recorded
 */
record Answer(String result, ImmutableMap<String, Object> out, ImmutableList<TraceEvent> events) {
  static Answer recorded(RecordedOperation recorded) {
    return new Answer(
        recorded.result(),
        ComparedOutputs.of(recorded.operation(), recorded.out()),
        ImmutableList.of());
  }

  /** Runs an operation and all deferred work. */
  static Answer of(Runner runner, Operation operation) {
    return of(runner, operation, true);
  }

  /** Runs an operation and leaves deferred work queued. */
  static Answer alone(Runner runner, Operation operation) {
    return of(runner, operation, false);
  }

  /** What broke counts as a result that matches nothing. */
  private static Answer of(Runner runner, Operation operation, boolean settle) {
    try {
      Outcome outcome = settle ? runner.run(operation) : runner.runAlone(operation);
      return new Answer(
          outcome.result(), ComparedOutputs.of(operation, outcome.out()), outcome.events());
    } catch (InputException wrong) {
      throw wrong;
    } catch (RuntimeException broken) {
      return new Answer("broke: " + broken, ImmutableMap.of(), ImmutableList.of());
    }
  }

  String resultAndOutputs() {
    return out.isEmpty() ? result : result + " " + out;
  }
}
