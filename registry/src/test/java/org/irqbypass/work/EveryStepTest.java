package org.irqbypass.work;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** No step is skipped for another one's sake. */
class EveryStepTest {
  @Test
  void takesWhatComesAfterAFailure() {
    List<String> taken = new ArrayList<>();
    IllegalStateException first = new IllegalStateException("first");
    OutOfMemoryError second = new OutOfMemoryError("second");
    EveryStep steps =
        new EveryStep()
            .take(() -> taken.add("one"))
            .take(
                () -> {
                  throw first;
                })
            .take(() -> taken.add("two"))
            .take(
                () -> {
                  throw second;
                })
            .take(
                () -> {
                  throw first;
                });
    assertThat(taken).containsExactly("one", "two").inOrder();
    assertThat(assertThrows(IllegalStateException.class, steps::throwFirst))
        .isSameInstanceAs(first);
    assertThat(first.getSuppressed()).asList().containsExactly(second);
  }

  @Test
  void throwsNothingOfNothing() {
    new EveryStep().take(() -> {}).throwFirst();
  }
}
