package org.irqbypass.comparison.cost;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import com.google.common.collect.ImmutableMap;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class RankingTest {
  private static final CostModel MODEL = CostModel.defaults();
  private static final String PLATFORM = "x86-posted";

  private static Charges charges(Map<Cost, Integer> counts) {
    return Charges.of(counts);
  }

  private static Charges charges(List<Integer> counts) {
    Map<Cost, Integer> byCost = new EnumMap<>(Cost.class);
    Iterator<Integer> count = counts.iterator();
    for (Cost cost : Cost.values()) {
      byCost.put(cost, count.next());
    }
    return charges(byCost);
  }

  private static Ranking rank(Charges one, Charges other) {
    return Ranking.of(one, other, MODEL, PLATFORM, Cost::isOfInterrupts);
  }

  /** Each price somewhere in its range, at one of the clocks. */
  private static Prices chosen(Random random) {
    int clock = random.nextInt(2);
    Prices low = MODEL.lowestByClock(PLATFORM).get(clock);
    Prices high = MODEL.highestByClock(PLATFORM).get(clock);
    ImmutableMap.Builder<Cost, Long> nanos = ImmutableMap.builder();
    for (Cost cost : Cost.values()) {
      long width = high.of(cost) - low.of(cost);
      nanos.put(cost, low.of(cost) + random.nextLong(width + 1));
    }
    return new Prices(nanos.buildOrThrow());
  }

  /** What is said to hold always holds for prices chosen at random. */
  @Property
  void always(
      @ForAll @Size(13) List<@IntRange(min = 0, max = 20) Integer> one,
      @ForAll @Size(13) List<@IntRange(min = 0, max = 20) Integer> other,
      @ForAll long seed) {
    Charges a = charges(one);
    Charges b = charges(other);
    Prices prices = chosen(new Random(seed));
    long difference = a.nanos(prices, Cost::isOfInterrupts) - b.nanos(prices, Cost::isOfInterrupts);
    switch (rank(a, b)) {
      case ALWAYS_LESS -> assertThat(difference).isLessThan(0);
      case ALWAYS_MORE -> assertThat(difference).isGreaterThan(0);
      case ALWAYS_SAME -> assertThat(difference).isEqualTo(0);
      case DEPENDS -> assertWithMessage("nothing was said").that(true).isTrue();
    }
  }

  @Test
  @DisplayName("the ranking covers mixed choices, not only all low and all high")
  void mixed() {
    Charges signals = charges(Map.of(Cost.SIGNAL, 10));
    Charges both = charges(Map.of(Cost.SIGNAL, 9, Cost.HOST_IRQ, 1));
    Charges unlike = charges(Map.of(Cost.INJECTION, 5));
    assertThat(rank(signals, both)).isEqualTo(Ranking.DEPENDS);
    assertThat(rank(signals, unlike)).isEqualTo(Ranking.DEPENDS);
    // 10 signals cost as many low as high as 5 injections: all low and all high see no difference.
    assertThat(signals.nanos(MODEL.lowest(PLATFORM)))
        .isEqualTo(unlike.nanos(MODEL.lowest(PLATFORM)));
    assertThat(signals.nanos(MODEL.highest(PLATFORM)))
        .isEqualTo(unlike.nanos(MODEL.highest(PLATFORM)));
    assertThat(rank(charges(Map.of()), charges(Map.of(Cost.EXIT, 1))))
        .isEqualTo(Ranking.ALWAYS_LESS);
    assertThat(rank(signals, signals)).isEqualTo(Ranking.ALWAYS_SAME);
    assertThat(rank(charges(Map.of(Cost.CALL, 3)), charges(Map.of())))
        .isEqualTo(Ranking.ALWAYS_SAME);
  }
}
