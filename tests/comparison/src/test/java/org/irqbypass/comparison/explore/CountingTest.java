package org.irqbypass.comparison.explore;

import static com.google.common.truth.Truth.assertThat;

import com.google.common.collect.ImmutableList;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.irqbypass.comparison.contender.Contender;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Orders are counted right, and bounds leave out what they say. */
class CountingTest {
  /** Threads that each write some other eventfd some times. */
  private static ImmutableList<String> writers(int... times) {
    List<String> steps = new ArrayList<>();
    for (int writer = 0; writer < times.length; writer++) {
      steps.add("vmm" + writer + ": ef.new fd=w" + writer);
      steps.addAll(
          Collections.nCopies(times[writer] - 1, "vmm" + writer + ": ef.write fd=w" + writer));
    }
    return ImmutableList.copyOf(steps);
  }

  private static Exploration explore(ImmutableList<String> steps, Bounds bounds) {
    return Orders.explore(
        Orders.cards(steps.toArray(new String[0])), Contender.AUTOMATIC_LINUX, bounds);
  }

  private static BigInteger factorial(int n) {
    return n < 2 ? BigInteger.ONE : factorial(n - 1).multiply(BigInteger.valueOf(n));
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "2, 2, 0", "3, 2, 1", "4, 4, 4", "6, 6, 6"})
  @DisplayName("actors that have nothing to do with each other have (a+b+c)!/a!b!c! orders")
  void multinomial(int a, int b, int c) {
    Exploration found = explore(c == 0 ? writers(a, b) : writers(a, b, c), Orders.everything());
    assertThat(found.census().orders())
        .isEqualTo(
            factorial(a + b + c)
                .divide(factorial(a).multiply(factorial(b)).multiply(factorial(c))));
    assertThat(found.coverage().complete()).isTrue();
    assertThat(found.coverage().states()).isEqualTo((a + 1) * (b + 1) * (c + 1) + 1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  @DisplayName("so do those who call the registry directly, and a device that raises meanwhile")
  void registry(boolean reduced) {
    Exploration found =
        explore(
            ImmutableList.of(
                "vmm1: byp cmd=rp slot=0 token=1",
                "vmm1: byp cmd=up slot=0",
                "vmm2: byp cmd=rc slot=0 token=1",
                "vmm2: byp cmd=uc slot=0",
                "vmm3: byp cmd=rp slot=1 token=2",
                "device: byp cmd=raise slot=0"),
            Orders.with(reduced, true, -1));
    assertThat(found.census().orders()).isEqualTo(factorial(6).divide(BigInteger.valueOf(4)));
    assertThat(found.coverage().complete()).isTrue();
    // 9 places of two, by 2 of the third, before the device raised; after it twice where both are
    // registered at some time: who delivered it is known. And two ends.
    assertThat(found.coverage().states()).isEqualTo(2 * (9 + 9 + 4) + 2);
    if (reduced) {
      assertThat(found.coverage().inferred()).isAtLeast(20);
    }
  }

  @Test
  @DisplayName("no more states are kept than were allowed, but for those of a round")
  void states() {
    Exploration found = explore(writers(9, 9, 9), Orders.everything().withStates(100));
    assertThat(found.coverage().complete()).isFalse();
    assertThat(found.coverage().states()).isAtLeast(100);
    assertThat(found.coverage().states()).isAtMost(1000 - 1);
    assertThat(found.coverage().unexplored()).isGreaterThan(0);
  }

  @Test
  @DisplayName("without interruptions actors take turns: n! orders of n, and more with more")
  void interruptions() {
    ImmutableList<String> three = writers(2, 2, 2);
    List<BigInteger> orders = new ArrayList<>();
    for (int most = 0; most <= 3; most++) {
      Exploration found = explore(three, Orders.preemptions(most));
      orders.add(found.census().orders());
      assertThat(found.coverage().complete()).isFalse();
      assertThat(found.coverage().notExplored().get(0)).contains("more than " + most + " times");
    }
    assertThat(orders.get(0)).isEqualTo(BigInteger.valueOf(6));
    assertThat(orders).isInStrictOrder();
    // Three actors of two steps can be interrupted once each.
    assertThat(orders.get(3)).isEqualTo(BigInteger.valueOf(90));
  }

  @Test
  @DisplayName("two of two steps: 2 orders without interruption, 4 with one, 6 in all")
  void fewInterruptions() {
    ImmutableList<String> two = writers(2, 2);
    assertThat(explore(two, Orders.preemptions(0)).census().orders())
        .isEqualTo(BigInteger.valueOf(2));
    assertThat(explore(two, Orders.preemptions(1)).census().orders())
        .isEqualTo(BigInteger.valueOf(4));
    assertThat(explore(two, Orders.preemptions(2)).census().orders())
        .isEqualTo(BigInteger.valueOf(6));
  }

  @Test
  @DisplayName("endings with fewer interruptions are endings with more")
  void growing() {
    ImmutableList<String> steps =
        ImmutableList.of(
            Orders.BIND, Orders.TRIGGER.replace("vmm:", "vmm1:"), Orders.RAISE, Orders.RAISE);
    List<Ending> before = ImmutableList.of();
    for (int most = 0; most < 4; most++) {
      List<Ending> endings =
          explore(steps, Orders.preemptions(most)).census().endings().stream()
              .map(Census.Share::ending)
              .toList();
      assertThat(endings).containsAtLeastElementsIn(before);
      before = endings;
    }
  }

  @Test
  @DisplayName("what a bound on schedules leaves out is told, and drawn from at random")
  void cut() {
    Bounds few = new Bounds(3, 0, -1, true, true, 50, 7, 2);
    Exploration found = explore(writers(5, 5, 5), few);
    assertThat(found.coverage().complete()).isFalse();
    assertThat(found.coverage().schedules()).isEqualTo(3);
    assertThat(found.coverage().unexplored()).isGreaterThan(0);
    assertThat(found.coverage().notExplored().get(0)).startsWith("After 3 runs ");
    assertThat(found.coverage().share()).isLessThan(1.0);
    assertThat(found.sampled().orders()).isEqualTo(BigInteger.valueOf(50));
  }

  @Test
  @DisplayName("orders beyond a bound on interruptions are drawn at random too")
  void walksBeyondInterruptions() {
    Exploration found = explore(writers(2, 2), new Bounds(1000, 0, 0, true, true, 20, 7, 1));
    assertThat(found.coverage().unexplored()).isEqualTo(0);
    assertThat(found.sampled().orders()).isEqualTo(BigInteger.valueOf(20));
  }

  @Test
  @DisplayName("an exploration ends after its seconds, with what it found")
  void seconds() {
    Exploration found =
        Orders.explore(
            Orders.bundled("hot-unplug"),
            Contender.EXPLICIT_LATE,
            new Bounds(10_000_000, 1, -1, false, false, 0, 1, 1));
    assertThat(found.coverage().complete()).isFalse();
    assertThat(found.coverage().schedules()).isGreaterThan(1);
  }

  @Test
  @DisplayName("stop() from another thread ends an exploration, with what it found")
  void stop() {
    Plot plot = Plot.of(Orders.bundled("hot-unplug"), Contender.EXPLICIT_LATE, Promises.bundled());
    Explorer explorer = new Explorer(plot, new Bounds(10_000_000, 0, -1, false, false, 100, 1, 1));
    Exploration found =
        explorer.explore(
            (schedules, states, left) -> {
              Thread other = new Thread(explorer::stop);
              other.start();
              com.google.common.util.concurrent.Uninterruptibles.joinUninterruptibly(other);
            });
    assertThat(found.coverage().complete()).isFalse();
    assertThat(found.coverage().schedules()).isGreaterThan(1);
    assertThat(found.coverage().walks()).isEqualTo(0);
  }
}
