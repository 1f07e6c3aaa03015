package org.irqbypass.kvm;

import java.util.ArrayList;
import java.util.List;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.jspecify.annotations.Nullable;

/** What an explorer takes for the state of an object. */
public final class State implements FingerprintSink {
  private final List<String> values = new ArrayList<>();

  private State() {}

  public static List<String> of(Fingerprinted object) {
    State state = new State();
    object.writeTo(state);
    return state.values;
  }

  /** Each step changes the state: what a fingerprint leaves out, an explorer takes for the same. */
  public static void assertEachStepShows(Fingerprinted object, Runnable... steps) {
    List<String> before = of(object);
    for (int i = 0; i < steps.length; i++) {
      steps[i].run();
      List<String> after = of(object);
      if (after.equals(before)) {
        throw new AssertionError("the fingerprint of " + object + " does not show step " + i);
      }
      before = after;
    }
  }

  @Override
  public FingerprintSink put(long value) {
    values.add(Long.toString(value));
    return this;
  }

  @Override
  public FingerprintSink putReference(@Nullable Object reference) {
    if (reference == null || reference instanceof Record || reference instanceof Enum<?>) {
      values.add(String.valueOf(reference)); // by its value
    } else {
      values.add(Integer.toString(System.identityHashCode(reference)));
    }
    return this;
  }
}
