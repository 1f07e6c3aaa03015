package org.irqbypass.faults;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.common.collect.ImmutableList;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.registry.BypassRegistry;
import org.irqbypass.registry.BypassSide;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.registry.LinuxPairing;
import org.irqbypass.registry.RegistryRules;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.work.DeterministicWorkQueue;
import org.irqbypass.work.ThreadWaiter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A callback that throws, whichever and whatever: a registration has then not taken place and the
 * other side waits on; an unregistration has taken place; either way every callback that restores
 * has been called, and what was thrown is thrown on.
 */
class RegistryFaultsTest {
  record Failing(String callback, Fault fault, ConnectPolicy policy, boolean producerLast) {}

  static ImmutableList<Failing> failing() {
    ImmutableList.Builder<Failing> all = ImmutableList.builder();
    for (String callback : ProbedSides.CALLBACKS) {
      for (Fault fault : Fault.values()) {
        for (ConnectPolicy policy : ConnectPolicy.values()) {
          if (policy != ConnectPolicy.DISABLED) {
            all.add(new Failing(callback, fault, policy, false));
            all.add(new Failing(callback, fault, policy, true));
          }
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
  @MethodSource("failing")
  void leavesTheRegistryAsItSays(Failing failing) {
    ProbedSides sides = new ProbedSides(failing.policy());
    register(sides, failing.producerLast());
    boolean whenConnecting = !failing.callback().contains(".del");
    if (whenConnecting) {
      sides.inCallback(failing.callback(), () -> failing.fault().raise(failing.callback()));
      Throwable thrown =
          assertThrows(Throwable.class, () -> register(sides, !failing.producerLast()));
      assertThat(Fault.isPlanted(thrown)).isTrue();
      assertThat(thrown instanceof ErrnoException).isEqualTo(failing.fault() == Fault.ERRNO);
      assertThat(sides.stopped).isEqualTo(0);
      assertThat(sides.accepted).isEqualTo(0);
      assertThat(registry.registered()).isEqualTo(1);
      assertThat(registry.connected()).isEqualTo(0);
      sides.calm();
    }
    register(sides, !failing.producerLast());
    assertThat(registry.connected()).isEqualTo(1);

    boolean called = !failing.callback().contains(".add");
    if (called) {
      sides.inCallback(failing.callback(), () -> failing.fault().raise(failing.callback()));
      Throwable thrown =
          assertThrows(Throwable.class, () -> unregister(sides, failing.producerLast()));
      assertThat(Fault.isPlanted(thrown)).isTrue();
      sides.calm();
    } else {
      unregister(sides, failing.producerLast());
    }
    assertThat(side(sides, failing.producerLast()).isRegistered()).isFalse();
    assertThat(registry.registered()).isEqualTo(1);
    assertThat(registry.connected()).isEqualTo(0);
    assertThat(sides.stopped).isEqualTo(0);
    assertThat(sides.accepted).isEqualTo(0);

    register(sides, failing.producerLast());
    assertThat(registry.connected()).isEqualTo(1);
    registry.unregister(sides.producer);
    registry.unregister(sides.consumer);
    assertThat(registry.registered()).isEqualTo(0);
    assertThat(registry.connected()).isEqualTo(0);
  }

  /** A number below 0 is no acceptance: it refuses as Linux's callbacks do. */
  @ParameterizedTest
  @CsvSource({"-11, EAGAIN", "-5, EIO", "-12345, EINVAL", "-2147483648, EINVAL"})
  void aNegatedErrnoRefuses(int answer, Errno expected) {
    ProbedSides sides = new ProbedSides();
    sides.answer = answer;
    register(sides, true);
    ErrnoException refused = assertThrows(ErrnoException.class, () -> register(sides, false));
    assertThat(refused.errno()).isEqualTo(expected);
    assertThat(sides.stopped).isEqualTo(0);
    assertThat(sides.accepted).isEqualTo(0);
    assertThat(sides.consumer.isRegistered()).isFalse();
    assertThat(registry.registered()).isEqualTo(1);
    assertThat(registry.connected()).isEqualTo(0);
    registry.unregister(sides.producer);
    assertThat(registry.registered()).isEqualTo(0);
  }

  private static BypassSide side(ProbedSides sides, boolean producer) {
    return producer ? sides.producer : sides.consumer;
  }

  private void register(ProbedSides sides, boolean producer) {
    int result =
        producer
            ? registry.register(sides.producer, sides.token)
            : registry.register(sides.consumer, sides.token);
    assertThat(result).isEqualTo(0);
  }

  private void unregister(ProbedSides sides, boolean producer) {
    if (producer) {
      registry.unregister(sides.producer);
    } else {
      registry.unregister(sides.consumer);
    }
  }
}
