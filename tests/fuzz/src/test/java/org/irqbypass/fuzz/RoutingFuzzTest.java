package org.irqbypass.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.scenario.RoutingText;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code struct kvm_irq_routing}: any bytes are done or refused, and a refusal did nothing. */
class RoutingFuzzTest {
  private static final Trials TRIALS =
      new Trials(
          "kvm_irq_routing", "no exception but ErrnoException, nothing changed by a refusal");

  @AfterAll
  static void account() {
    TRIALS.close();
  }

  @MethodSource
  @FuzzTest(maxDuration = "", maxExecutions = Trials.INPUTS)
  void routing(byte[] input) {
    TRIALS.run(input, RoutingFuzzTest::tryOut);
  }

  private static void tryOut(byte[] input) {
    Choices choices = new Choices(input);
    Subject subject = Subject.of(choices);
    subject.before(choices.next());
    for (int i = 0; i < Subject.MOST_CALLS && choices.hasMore(); i++) {
      ByteBuffer table = choices.structure();
      subject.call("KVM_SET_GSI_ROUTING", () -> subject.vm().setGsiRouting(table));
      subject.raise(choices.next());
    }
    subject.end();
  }

  static Stream<byte[]> routing() {
    List<RoutingEntry> sound =
        List.of(RoutingEntry.msi(24, 0xfee00000L, 0x41), RoutingEntry.irqchip(10, 2, 10));
    List<RoutingEntry> its = List.of(RoutingEntry.msi(24, 0x08090040L, 0, 32));
    List<RoutingEntry> odd =
        List.of(
            new RoutingEntry.HypervSint(5, 0, 0, 16),
            new RoutingEntry.Other(6, 3, -1),
            RoutingEntry.irqchip(7, 0, 7),
            RoutingEntry.msi(-1, -1, -1));
    return IntStream.range(0, 6)
        .boxed()
        .flatMap(
            host ->
                Stream.of(
                        RoutingText.binary(sound, 2, 0),
                        RoutingText.binary(its, 1, 0),
                        RoutingText.binary(odd, 4, 0),
                        RoutingText.binary(sound, 0, 0),
                        RoutingText.binary(sound, 3, 0),
                        RoutingText.binary(sound, 2, 1),
                        RoutingText.binary(sound, 4096, 0),
                        RoutingText.binary(sound, -1, 0),
                        RoutingText.binary(sound, 0x0aaaaaab, 0)) // 48 times that is 2^33 + 16
                    .map(table -> Seed.on(host).choose(0x39).structure(table).choose(1).bytes()));
  }
}
