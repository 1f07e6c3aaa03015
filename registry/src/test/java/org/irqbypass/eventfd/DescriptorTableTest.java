package org.irqbypass.eventfd;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.concurrent.atomic.AtomicInteger;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.work.CooperativeWaiter;
import org.irqbypass.work.DeterministicWorkQueue;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DescriptorTableTest {
  private static final class CountingFile extends OpenFile {
    int released;

    @Override
    protected void release() {
      released++;
    }
  }

  private final DescriptorTable table = new DescriptorTable();

  @Test
  void theLowestFreeNumberIsGivenOut() {
    assertThat(table.install(new AnonymousFile())).isEqualTo(0);
    assertThat(table.install(new AnonymousFile())).isEqualTo(1);
    assertThat(table.install(new AnonymousFile())).isEqualTo(2);
    table.close(2);
    table.close(0);

    assertThat(table.install(new AnonymousFile())).isEqualTo(0);
    assertThat(table.install(new AnonymousFile())).isEqualTo(2);
    assertThat(table.install(new AnonymousFile())).isEqualTo(3);
    assertThat(table.open()).isEqualTo(4);
  }

  @Test
  void aFileThatIsInstalledIsNotUndone() {
    CountingFile file = new CountingFile();
    table.install(new AnonymousFile());

    int fd = table.installOrUndo(() -> file, Assertions::fail);

    assertThat(fd).isEqualTo(1);
    assertThat(table.file(fd)).isSameInstanceAs(file);
  }

  @Test
  void whatWasDoneForAFileThatCannotBeMadeIsUndoneOnce() {
    AtomicInteger undone = new AtomicInteger();
    IllegalStateException why = new IllegalStateException("cannot be made");

    IllegalStateException thrown =
        assertThrows(
            IllegalStateException.class,
            () ->
                table.installOrUndo(
                    () -> {
                      throw why;
                    },
                    () -> {
                      undone.incrementAndGet();
                      throw new AssertionError("not why the call fails");
                    }));

    assertThat(thrown).isSameInstanceAs(why);
    assertThat(undone.get()).isEqualTo(1);
    assertThat(table.open()).isEqualTo(0);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, -2, 0, 1, Integer.MAX_VALUE, Integer.MIN_VALUE})
  void nothingIsOpenThere(int fd) {
    for (org.junit.jupiter.api.function.Executable call :
        java.util.List.<org.junit.jupiter.api.function.Executable>of(
            () -> table.file(fd),
            () -> table.fget(fd),
            () -> table.eventfd(fd),
            () -> table.close(fd))) {
      ErrnoException thrown = assertThrows(ErrnoException.class, call);
      assertThat(thrown.errno()).isEqualTo(Errno.EBADF);
      assertThat(thrown).hasMessageThat().contains(String.valueOf(fd));
    }
  }

  @Test
  void anotherFileIsNoEventfd() {
    int fd = table.install(new AnonymousFile());

    assertThat(assertThrows(ErrnoException.class, () -> table.eventfd(fd)).errno())
        .isEqualTo(Errno.EINVAL);
  }

  @Test
  void anEventfdIsFoundByItsDescriptor() {
    EventfdContext eventfd =
        new Eventfds(new CooperativeWaiter(new DeterministicWorkQueue()), Tracepoints.untimed())
            .create(0, 0);

    assertThat(table.eventfd(table.install(new EventfdFile(eventfd)))).isSameInstanceAs(eventfd);
  }

  @Test
  void theLastReferenceReleasesTheFileOnce() {
    CountingFile file = new CountingFile();
    int fd = table.install(file);

    assertThat(table.fget(fd)).isSameInstanceAs(file);
    assertThat(file.references()).isEqualTo(2);
    table.close(fd);
    assertThat(file.released).isEqualTo(0);
    file.put();
    assertThat(file.released).isEqualTo(1);
    assertThat(file.get()).isFalse();
    assertThrows(IllegalStateException.class, file::put);
    assertThat(file.released).isEqualTo(1);
  }

  @Test
  void twoDescriptorsMayShareAFile() {
    CountingFile file = new CountingFile();
    int one = table.install(file);
    assertThat(file.get()).isTrue();
    int two = table.install(file);
    table.close(one);
    assertThat(file.released).isEqualTo(0);
    table.close(two);

    assertThat(file.released).isEqualTo(1);
  }

  /** The table grows by doubling: the first number beyond it is free, not an error of its own. */
  @Test
  void aNumberJustBeyondTheTableIsNotOpen() {
    for (int open = 0; open < 130; open++) {
      int fd = open;
      assertThat(assertThrows(ErrnoException.class, () -> table.file(fd)).errno())
          .isEqualTo(Errno.EBADF);
      assertThat(table.install(new AnonymousFile())).isEqualTo(fd);
    }
    assertThat(table.open()).isEqualTo(130);
  }

  /** {@code fget()} of a file whose last reference was put without closing the descriptor. */
  @Test
  void aFileThatIsBeingReleasedIsNotHandedOut() {
    CountingFile file = new CountingFile();
    int fd = table.install(file);
    file.put();

    assertThat(assertThrows(ErrnoException.class, () -> table.fget(fd)).errno())
        .isEqualTo(Errno.EBADF);
    assertThat(file.released).isEqualTo(1);
  }
}
