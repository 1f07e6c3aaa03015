package org.irqbypass.trace;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What objects write of their state, object identities numbered in the order of their coming. */
public final class Fingerprint implements FingerprintSink {
  private final List<Long> values = new ArrayList<>();
  private final IdentityHashMap<Object, Long> identities = new IdentityHashMap<>();

  private Fingerprint() {}

  /** The state of those of some objects that have one, to be compared with that of others. */
  public static List<Long> of(Object... objects) {
    Fingerprint sink = new Fingerprint();
    for (Object object : objects) {
      sink.putReference(object);
    }
    for (Object object : objects) {
      if (object instanceof Fingerprinted state) {
        state.writeTo(sink);
      }
    }
    return sink.values;
  }

  @Override
  public FingerprintSink put(long value) {
    values.add(value);
    return this;
  }

  @Override
  public FingerprintSink putReference(@Nullable Object reference) {
    long identity =
        reference == null
            ? -1L
            : reference instanceof Enum<?> named
                ? ~((long) named.name().hashCode() << 8)
                : identities.computeIfAbsent(reference, fresh -> (long) identities.size());
    values.add(identity);
    return this;
  }
}
