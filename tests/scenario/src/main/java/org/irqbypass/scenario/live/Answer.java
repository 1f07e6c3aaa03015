package org.irqbypass.scenario.live;

import com.google.common.collect.ImmutableMap;
import org.irqbypass.scenario.Outcome;
import org.irqbypass.scenario.RecordedOperation;
import org.jspecify.annotations.Nullable;

/**
 * What an operation came to: on a kernel that runs, on its model, or when it was recorded.
 * Immutable.
 *
 * @param ret 0 or more, descriptors normalised to 0; -1 if it failed
 * @param errno the error's name, or null
 * @param out what the call returned besides: numbers (Long), words (String), lists and maps of them
 */
public record Answer(long ret, @Nullable String errno, ImmutableMap<String, Object> out) {
  /** What the model came to. */
  static Answer of(Outcome outcome) {
    return new Answer(
        outcome.ret(), outcome.errno() == null ? null : outcome.errno().name(), outcome.out());
  }

  /** What was recorded; null where no result was. */
  static @Nullable Answer of(RecordedOperation recorded) {
    Long ret = recorded.ret();
    return ret == null ? null : new Answer(ret, recorded.errno(), recorded.out());
  }

  /** What a model that broke came to: something that no kernel answers. */
  static Answer broke(RuntimeException thrown) {
    return new Answer(-1, "(the model broke: " + thrown + ")", ImmutableMap.of());
  }

  /** The same without what the call returned besides. */
  Answer resultOnly() {
    return new Answer(ret, errno, ImmutableMap.of());
  }

  @Override
  public String toString() {
    String result = errno == null ? Long.toString(ret) : ret + " " + errno;
    return out.isEmpty() ? result : result + " " + out;
  }
}
