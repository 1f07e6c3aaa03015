package org.irqbypass.benchmarks.table;

import static com.google.common.truth.Truth.assertThat;
import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import org.irqbypass.benchmarks.table.Row.Target;
import org.junit.jupiter.api.Test;

final class PerformanceTableTest {
  private static final Scale TWICE_AS_SLOW = Scale.of(2 * Scale.SMALL_MAPS, 3 * Scale.LARGE_MAPS);

  private final Results results = new Results();

  private ImmutableList<Row> rows() {
    return PerformanceTable.rows(results, TWICE_AS_SLOW);
  }

  private static Result nanos(double figure) {
    return new Result(figure, 0, 0);
  }

  @Test
  void aFigureOfLinuxIsScaledByTheMapsAndATargetIsAPartOfIt() {
    results.add("RegistryPairs.register pairs=1000", nanos(100));

    Row row = rows().get(0);

    assertThat(row.against()).isEqualTo(new Row.Baseline("Linux: xarray", 2 * 138));
    assertThat(row.target()).isEqualTo(Target.atMost(138));
    assertThat(row.isMet()).isTrue();
  }

  @Test
  void figuresOfManyObjectsAreScaledByTheLargeMaps() {
    results.add("RegistryPairs.unregister pairs=1000000", nanos(3 * 1308.0));

    Row row = rows().get(0);

    assertThat(row.ratio()).isEqualTo(1);
    assertThat(row.isMet()).isFalse();
  }

  @Test
  void aTargetAgainstJavaIsARatioInTheSameRunWithoutScale() {
    results.add("PostedWay.postPending", nanos(7));
    results.add("Limits.testThenSet", nanos(2));

    assertThat(rows().get(0).target()).isEqualTo(Target.atMost(10).withoutAllocation());
  }

  @Test
  void twoThreadsMayFallBehindAsTheLoopWithoutARegistryDoes() {
    results.add("RegistryPairs.comeAndGo pairs=100000", nanos(100));
    results.add("RegistryPairs.comeAndGoTwice pairs=100000", nanos(160));
    results.add("RegistryPairs.touchBoth pairs=100000", nanos(10));
    results.add("RegistryPairs.touchBothTwice pairs=100000", nanos(15));

    Row row = rows().get(0);

    assertThat(row.result().figure()).isEqualTo(1.25);
    assertThat(row.target()).isEqualTo(Target.atLeast(0.9 * 2 * 10 / 15));
    assertThat(row.isMet()).isTrue();
  }

  @Test
  void anExplorationIsScaledByTheLargeMapsSinceItKeepsManyStates() {
    results.add("RegistryProtocol.verdict", Result.of(92));
    results.add("RegistryProtocol.states", Result.of(249_000));

    assertThat(rows().get(0).target()).isEqualTo(Target.atMost(3 * 31));
    assertThat(rows().get(0).isMet()).isTrue();
    assertThat(requireNonNull(rows().get(1).target()).limit()).isWithin(1e-6).of(250_000);
    assertThat(rows().get(1).isMet()).isFalse();
  }

  @Test
  void whatAllocatesDoesNotMeetATargetWithoutAllocation() {
    Target target = Target.atMost(10).withoutAllocation();

    assertThat(target.isMetBy(new Result(9, 0, 0.001))).isTrue();
    assertThat(target.isMetBy(new Result(9, 0, 16))).isFalse();
    assertThat(target.isMetBy(Result.of(9))).isFalse(); // not measured is not met
  }

  @Test
  void whatDidNotRunHasNoRow() {
    assertThat(rows()).isEmpty();
  }

  @Test
  void allFormsSayWhetherTheTargetIsMet() {
    results.add("ForwardedWay.raise", nanos(250));
    results.add("ForwardedWay.complete", nanos(150));
    Report report =
        Report.of(new Machine(2, "Xeon", "Linux 6.18", "JVM 17"), TWICE_AS_SLOW, results);

    assertThat(report.missed()).isEqualTo(1);
    assertThat(report.text()).contains("1 of 2 targets are met.");
    assertThat(report.text()).contains("Unmultiplied, 0 of 2 targets are met.");
    assertThat(report.text()).containsMatch("list register +250 ns +0 +<= 200 ns, 0 B +NOT MET");
    assertThat(report.markdown())
        .contains(
            "| forwarded: the guest's completion | 150 ns | 0 |  |  |  | <= 200 ns, 0 B | met |");
    assertThat(report.json()).contains("\"atMost\" : 200.0");
  }
}
