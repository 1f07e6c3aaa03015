package org.irqbypass.trace;

import static com.google.common.truth.Truth.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a sink of one's own need not write itself. */
final class FingerprintSinkTest {
  private static final class Numbers implements FingerprintSink {
    final List<Long> taken = new ArrayList<>();

    @Override
    public FingerprintSink put(long value) {
      taken.add(value);
      return this;
    }

    @Override
    public FingerprintSink putReference(@Nullable Object reference) {
      throw new AssertionError("no reference was written");
    }
  }

  @Test
  void truthValuesAreTakenAsTheNumbers1And0() {
    Numbers sink = new Numbers();
    sink.put(true).put(false);

    assertThat(sink.taken).containsExactly(1L, 0L).inOrder();
  }
}
