package org.irqbypass.comparison.explore;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.common.collect.ImmutableList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.irqbypass.comparison.contender.Contender;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What schedules are written as. */
class ScheduleTest {
  @Provide
  Arbitrary<List<String>> actors() {
    return Arbitraries.of("vmm", "vmm1", "device", "work", "work.1", "guest-driver", "retry")
        .list()
        .ofMaxSize(40);
  }

  @Property(tries = 200)
  void readsWhatItWrites(@ForAll("actors") List<String> actors) {
    Schedule schedule = new Schedule(ImmutableList.copyOf(actors));
    assertThat(Schedule.parse(schedule.toString())).isEqualTo(schedule);
  }

  @Test
  @DisplayName("a number behind a colon is how often in a row")
  void shortForm() {
    assertThat(Schedule.parse("vmm:3,device, vmm").actors())
        .containsExactly("vmm", "vmm", "vmm", "device", "vmm")
        .inOrder();
    assertThat(Schedule.parse("vmm,vmm,work.1").toString()).isEqualTo("vmm:2,work.1");
  }

  @ParameterizedTest
  @ValueSource(strings = {":3", "vmm:", "vmm:x", "vmm:0", "vmm:-1", "vmm:1000001", "vmm:2:3"})
  @DisplayName("what is no schedule is named")
  void malformed(String text) {
    Schedule.MalformedException wrong =
        assertThrows(Schedule.MalformedException.class, () -> Schedule.parse("vmm," + text));
    assertThat(wrong).hasMessageThat().contains("\"" + text + "\"");
  }

  @Test
  @DisplayName("a move that cannot be made is told with those that can")
  void unplayable() {
    Plot plot =
        Plot.of(
            Orders.cards(Orders.BIND, Orders.RAISE), Contender.AUTOMATIC_LINUX, Promises.bundled());
    Telling.UnplayableException wrong =
        assertThrows(
            Telling.UnplayableException.class,
            () -> Telling.replay(plot, Schedule.parse("device,guest")));
    assertThat(wrong).hasMessageThat().isEqualTo("move 2 of the schedule is guest's, expected vmm");
    Telling.UnplayableException over =
        assertThrows(
            Telling.UnplayableException.class,
            () -> Telling.replay(plot, Schedule.parse("device,vmm:9")));
    assertThat(over).hasMessageThat().endsWith("is vmm's, expected no more: everything is over");
  }
}
