package org.irqbypass.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.irqbypass.kvm.IrqfdRequest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code struct kvm_irqfd}: any bytes are done or refused, and what is refused did nothing. */
class IrqfdFuzzTest {
  private static final Trials TRIALS =
      new Trials("kvm_irqfd", "no exception but ErrnoException, nothing changed by a refusal");

  @AfterAll
  static void account() {
    TRIALS.close();
  }

  @MethodSource
  @FuzzTest(maxDuration = "", maxExecutions = Trials.INPUTS)
  void irqfd(byte[] input) {
    TRIALS.run(input, IrqfdFuzzTest::tryOut);
  }

  private static void tryOut(byte[] input) {
    Choices choices = new Choices(input);
    Subject subject = Subject.of(choices);
    subject.before(choices.next());
    for (int i = 0; i < Subject.MOST_CALLS && choices.hasMore(); i++) {
      ByteBuffer irqfd = choices.structure();
      subject.irqfd(irqfd);
      subject.raise(choices.next());
    }
    subject.end();
  }

  static Stream<byte[]> irqfd() {
    return IntStream.range(0, 6)
        .boxed()
        .flatMap(
            host ->
                Stream.of(
                        Seed.on(host)
                            .choose(0x11)
                            .structure(bytes(0, 24, 0, 0))
                            .choose(1)
                            .structure(bytes(0, 24, IrqfdRequest.DEASSIGN, 0)),
                        Seed.on(host)
                            .choose(0x16)
                            .structure(bytes(2, 10, IrqfdRequest.RESAMPLE, 3))
                            .choose(2)
                            .structure(bytes(2, 11, 0, 0)),
                        Seed.on(host).choose(0).structure(bytes(-1, -1, -1, -1)),
                        Seed.on(host).choose(0).structure(bytes(2, 4096, 3, 2)),
                        Seed.on(host).choose(0).structure(bytes(0, 24, 0, 0).limit(31)))
                    .map(Seed::bytes));
  }

  private static ByteBuffer bytes(int fd, int gsi, int flags, int resamplefd) {
    return ByteBuffer.allocate(32)
        .order(ByteOrder.nativeOrder())
        .putInt(fd)
        .putInt(gsi)
        .putInt(flags)
        .putInt(resamplefd)
        .rewind();
  }
}
