package org.irqbypass.comparison.explore;

import static com.google.common.truth.Truth.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import java.math.BigInteger;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.scenario.Scenario;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * A wired level interrupt that may be in flight when its two ends meet: the bundled scenario {@code
 * platform-level-irq} up to its traffic.
 */
class ContendersDifferTest {
  private static final Scenario SCENARIO = untilServed(Orders.bundled("platform-level-irq"));

  private static final ImmutableMap<Contender, Exploration> FOUND =
      ImmutableMap.copyOf(
          Maps.toMap(
              EnumSet.allOf(Contender.class),
              contender -> Orders.explore(SCENARIO, contender, Orders.everything())));

  /** Up to the first interrupt that the guest has served. */
  private static Scenario untilServed(Scenario all) {
    int until = all.explore().from();
    while (!all.steps().get(until).operation().name().equals("guest.end")) {
      until++;
    }
    return all.exploring(
        new Scenario.Explore(all.explore().confluent(), all.explore().from(), until + 1));
  }

  private static Census census(Contender contender) {
    assertThat(found(contender).coverage().complete()).isTrue();
    return found(contender).census();
  }

  private static Exploration found(Contender contender) {
    return Objects.requireNonNull(FOUND.get(contender));
  }

  @Test
  @DisplayName("explicit-late is told of its failures in some orders, and none goes untold")
  void late() {
    assertThat(census(Contender.EXPLICIT_LATE).withErrors()).isGreaterThan(BigInteger.ZERO);
    assertThat(census(Contender.EXPLICIT_LATE).withUntoldFailures()).isEqualTo(BigInteger.ZERO);
    assertThat(census(Contender.EXPLICIT_LATE).isConfluent()).isTrue();
  }

  @Test
  @DisplayName("automatic-linux fails in some orders, and is never told")
  void linux() {
    Census census = census(Contender.AUTOMATIC_LINUX);
    assertThat(census.withErrors()).isEqualTo(BigInteger.ZERO);
    assertThat(census.withUntoldFailures()).isGreaterThan(BigInteger.ZERO);
    assertThat(census.isConfluent()).isFalse();
    assertThat(census.orders(Ending.Extent.FULLY)).isGreaterThan(BigInteger.ZERO);
    assertThat(census.orders(Ending.Extent.NOT)).isGreaterThan(BigInteger.ZERO);
    assertThat(census.orders(Ending.Extent.NOT)).isEqualTo(census.withUntoldFailures());
  }

  @Test
  @DisplayName("automatic-retry and explicit-advised end bypassed in every order")
  void confluent() {
    for (Contender contender : EnumSet.of(Contender.AUTOMATIC_RETRY, Contender.EXPLICIT_ADVISED)) {
      assertThat(census(contender).isConfluent()).isTrue();
      assertThat(census(contender).orders(Ending.Extent.FULLY))
          .isEqualTo(census(contender).orders());
      assertThat(found(contender).differences()).isEmpty();
    }
    assertThat(census(Contender.AUTOMATIC_RETRY).withRetries()).isGreaterThan(BigInteger.ZERO);
    assertThat(census(Contender.EXPLICIT_ADVISED).withErrors()).isEqualTo(BigInteger.ZERO);
  }

  @Test
  @DisplayName("for each way of ending a shortest order is shown, that ends so when it is played")
  void shortest() {
    Exploration linux = found(Contender.AUTOMATIC_LINUX);
    Plot plot = Plot.of(SCENARIO, Contender.AUTOMATIC_LINUX, Promises.bundled());
    assertThat(linux.differences()).hasSize(2);
    Map<String, Integer> least = new HashMap<>();
    decidedAfter(plot, ImmutableList.of(), least);
    for (Counterexample each : linux.differences()) {
      Telling.Replayed replayed = Telling.replay(plot, Schedule.parse(each.schedule()));
      String ends = Telling.forwarding(replayed.ending().forwarding());
      assertThat(each.what()).isEqualTo(ends + ", whatever comes next");
      assertThat(replayed.told().lines().subList(0, each.lines().size())).isEqualTo(each.lines());
      assertThat(replayed.told().decided()).isEqualTo(each.decided());
      assertThat(each.decided()).isEqualTo(least.get(ends));
      assertThat(each.command())
          .isEqualTo(
              "irqbypass explore platform-level-irq --contender automatic-linux --schedule "
                  + each.schedule());
    }
  }

  /** Whether each of few orders is decided is found by playing all that follow. */
  private static void decidedAfter(
      Plot plot, ImmutableList<String> way, Map<String, Integer> least) {
    // Breadth first, so that the first found is shortest.
    ImmutableList<ImmutableList<String>> ways = ImmutableList.of(way);
    for (int length = 0; least.size() < 2; length++) {
      ImmutableList.Builder<ImmutableList<String>> longer = ImmutableList.builder();
      for (ImmutableList<String> each : ways) {
        String decided = onlyEnding(plot, each);
        if (decided.isEmpty()) {
          for (String actor : open(plot, each)) {
            longer.add(ImmutableList.<String>builder().addAll(each).add(actor).build());
          }
        } else {
          least.putIfAbsent(decided, length);
        }
      }
      ways = longer.build();
    }
  }

  private static ImmutableList<String> open(Plot plot, ImmutableList<String> way) {
    return play(plot, way).moves().stream()
        .map(Move::actor)
        .collect(ImmutableList.toImmutableList());
  }

  private static Play play(Plot plot, ImmutableList<String> way) {
    Play play = new Play(plot);
    for (String actor : way) {
      play.take(play.moves().stream().filter(move -> move.actor().equals(actor)).findFirst().get());
    }
    return play;
  }

  /** In which state of forwarding all orders end that go on so; empty if in more than one. */
  private static String onlyEnding(Plot plot, ImmutableList<String> way) {
    Play play = play(plot, way);
    if (play.moves().isEmpty()) {
      return Telling.forwarding(Endings.of(play.run().account()).forwarding());
    }
    String only = null;
    for (String actor : open(plot, way)) {
      String here =
          onlyEnding(plot, ImmutableList.<String>builder().addAll(way).add(actor).build());
      if (here.isEmpty() || (only != null && !only.equals(here))) {
        return "";
      }
      only = here;
    }
    return String.valueOf(only);
  }
}
