package org.irqbypass.errno;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class ErrnoTest {
  @Test
  void numbersAreDistinct() {
    Set<Integer> numbers = new HashSet<>();
    for (Errno errno : Errno.values()) {
      assertThat(numbers.add(errno.number())).isTrue();
      assertThat(errno.number()).isIn(com.google.common.collect.Range.closed(1, 133));
    }
  }

  @Test
  void theMessageNamesTheErrnoAndTheCause() {
    ErrnoException thrown = new ErrnoException(Errno.EBADF, "descriptor 7 is not open");

    assertThat(thrown).hasMessageThat().isEqualTo("EBADF: descriptor 7 is not open");
  }

  @Test
  void everyNumberIsFoundAndNoOther() {
    for (Errno errno : Errno.values()) {
      assertThat(Errno.of(errno.number())).isEqualTo(errno);
    }
    assertThrows(IllegalArgumentException.class, () -> Errno.of(0));
    assertThrows(IllegalArgumentException.class, () -> Errno.of(-1));
  }
}
