package org.irqbypass.faults;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.registry.BypassRegistry;
import org.irqbypass.registry.LinuxPairing;
import org.irqbypass.registry.PrivateToken;
import org.irqbypass.registry.RegistryRules;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.work.DeterministicWorkQueue;
import org.irqbypass.work.ThreadWaiter;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A callback that calls the registry gets {@code EDEADLK}, whichever callback, call and token, and
 * nobody waits for anybody.
 */
@Timeout(value = 20, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ReentryTest {
  /** Which call a callback makes. */
  private enum Call {
    REGISTER_PRODUCER,
    REGISTER_CONSUMER,
    UNREGISTER_PRODUCER,
    UNREGISTER_CONSUMER
  }

  /** For whom. */
  private enum Of {
    /** The pair that is being connected or disconnected, under its own token. */
    THIS_PAIR,
    /** Another pair, which is connected, under its token. */
    ANOTHER_PAIR,
    /** Sides that are not registered, under a token of nobody's. */
    A_NEW_PAIR
  }

  record Combination(String callback, Call call, Of of) {}

  static ImmutableList<Combination> combinations() {
    ImmutableList.Builder<Combination> all = ImmutableList.builder();
    for (String callback : ProbedSides.CALLBACKS) {
      for (Call call : Call.values()) {
        for (Of of : Of.values()) {
          all.add(new Combination(callback, call, of));
        }
      }
    }
    return all.build();
  }

  private final BypassRegistry registry =
      new BypassRegistry(
          RegistryRules.LINUX_6_17,
          new LinuxPairing(),
          new DeterministicWorkQueue(),
          new ThreadWaiter(),
          Tracepoints.untimed());

  @ParameterizedTest
  @MethodSource("combinations")
  void isRefused(Combination combination) {
    ProbedSides pair = new ProbedSides();
    ProbedSides another = new ProbedSides();
    ProbedSides unknown = new ProbedSides();
    PrivateToken token = new PrivateToken("this");
    registry.register(another.producer, another.token);
    registry.register(another.consumer, another.token);
    ProbedSides whose =
        switch (combination.of()) {
          case THIS_PAIR -> pair;
          case ANOTHER_PAIR -> another;
          case A_NEW_PAIR -> unknown;
        };
    PrivateToken under = combination.of() == Of.THIS_PAIR ? token : whose.token;
    List<Errno> answers = new ArrayList<>();
    pair.inCallback(
        combination.callback(),
        () -> {
          try {
            call(combination.call(), whose, under);
          } catch (ErrnoException refused) {
            answers.add(refused.errno());
          }
        });

    registry.register(pair.producer, token);
    registry.register(pair.consumer, token);
    assertWithMessage("a refused call is no failure of the pairing")
        .that(pair.producer.peer())
        .isSameInstanceAs(pair.consumer);
    registry.unregister(pair.consumer);
    registry.unregister(pair.producer);

    assertThat(answers).isNotEmpty();
    assertThat(answers.stream().distinct()).containsExactly(Errno.EDEADLK);
    assertThat(another.producer.peer()).isSameInstanceAs(another.consumer);
    registry.unregister(another.producer);
    registry.unregister(another.consumer);
    assertThat(registry.registered()).isEqualTo(0);
    assertThat(registry.connected()).isEqualTo(0);
  }

  private void call(Call call, ProbedSides sides, PrivateToken token) {
    switch (call) {
      case REGISTER_PRODUCER -> registry.register(sides.producer, token);
      case REGISTER_CONSUMER -> registry.register(sides.consumer, token);
      case UNREGISTER_PRODUCER -> registry.unregister(sides.producer);
      case UNREGISTER_CONSUMER -> registry.unregister(sides.consumer);
    }
  }
}
