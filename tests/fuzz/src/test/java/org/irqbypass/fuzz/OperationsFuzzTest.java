package org.irqbypass.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.irqbypass.scenario.Operation;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Operations in any order on every platform: each comes to a result, an errno or a complaint; a
 * call that is refused has changed nothing, but where Linux itself leaves what it had done.
 */
class OperationsFuzzTest {
  private static final Trials TRIALS =
      new Trials(
          "operations on all platforms",
          "no exception but ErrnoException and InputException, nothing changed by a refusal");

  /** Longer ones find nothing that several short ones do not. */
  private static final int MOST = 12;

  @AfterAll
  static void account() {
    TRIALS.close();
  }

  @MethodSource
  @FuzzTest(maxDuration = "", maxExecutions = Trials.INPUTS)
  void operations(byte[] input) {
    TRIALS.run(input, OperationsFuzzTest::tryOut);
  }

  private static void tryOut(byte[] input) {
    Choices choices = new Choices(input);
    Subject subject = Subject.of(choices);
    subject.before(choices.next());
    for (int i = 0; i < MOST && choices.hasMore(); i++) {
      Operation operation = AnyOperation.of(choices);
      subject.perform(operation);
    }
    subject.end();
  }

  static Stream<byte[]> operations() {
    return IntStream.range(0, 6)
        .boxed()
        .flatMap(
            host ->
                IntStream.range(0, AnyOperation.COUNT)
                    .mapToObj(
                        operation ->
                            Seed.on(host)
                                .choose(operation * 2, operation, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)
                                .bytes()));
  }
}
