package org.irqbypass.comparison.snapshot;

import static com.google.common.truth.Truth.assertThat;

import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.irqbypass.comparison.catalogue.Catalogue;
import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.comparison.contender.Trial;
import org.irqbypass.comparison.contender.TrialRunner;
import org.irqbypass.comparison.explain.Cause;
import org.irqbypass.comparison.snapshot.InterruptRow.End;
import org.irqbypass.comparison.snapshot.InterruptRow.Path;
import org.irqbypass.errno.Errno;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a picture of a host shows, and that pictures can be told by what changed. */
class SnapshotTest {
  private static List<Snapshot> pictures(String scenario, Contender contender) {
    List<Snapshot> pictures = new ArrayList<>();
    TrialRunner.run(
        Catalogue.load(scenario, ImmutableMap.of()).scenario(),
        contender,
        (step, host) -> pictures.add(Snapshot.of(host)));
    return pictures;
  }

  /** The rows that an interrupt had in a run, each once as long as it did not change. */
  private static List<InterruptRow> lives(List<Snapshot> pictures, String name) {
    List<InterruptRow> lives = new ArrayList<>();
    for (Snapshot picture : pictures) {
      InterruptRow row = picture.interrupts().get(name);
      if (row != null && (lives.isEmpty() || !lives.get(lives.size() - 1).equals(row))) {
        lives.add(row);
      }
    }
    return lives;
  }

  @Test
  @DisplayName("a pairing refused while the interrupt is in flight shows as refused, with errno")
  void refused() {
    List<InterruptRow> uart =
        lives(pictures("platform-level-irq", Contender.AUTOMATIC_LINUX), "uart IRQ 0");
    assertThat(uart.get(0).way()).isEqualTo(Path.NOWHERE);
    assertThat(uart.get(0).cause()).isEqualTo(Cause.NO_TRIGGER);
    assertThat(uart.get(1).way()).isEqualTo(Path.USERSPACE);
    assertThat(uart.get(1).cause()).isEqualTo(Cause.NO_IRQFD);
    assertThat(uart.get(1).eventfd()).isEqualTo("trigger");
    InterruptRow refused =
        uart.stream().filter(row -> row.producer() == End.REFUSED).findFirst().orElseThrow();
    assertThat(refused.binding()).isEqualTo("v0 gsi 10");
    assertThat(refused.errno()).isEqualTo(Errno.EAGAIN);
    assertThat(refused.way()).isEqualTo(Path.KERNEL);
    assertThat(refused.host()).contains("in flight");
    assertThat(uart.stream().map(InterruptRow::way).toList()).doesNotContain(Path.BYPASSED);
  }

  @Test
  @DisplayName("an explicit forwarding that waits for its host interrupt has a row")
  void forwardedBeforeSetUp() {
    InterruptRow first =
        lives(pictures("hot-unplug", Contender.EXPLICIT_ADVISED), "nic MSIX 0").get(0);
    assertThat(first.explicit()).isTrue();
    assertThat(first.way()).isEqualTo(Path.NOWHERE);
    assertThat(first.cause()).isEqualTo(Cause.NOT_SET_UP);
    assertThat(first.host()).isEmpty();
  }

  @Test
  @DisplayName("a posted vector is paired on both ends and shows where it waits in the guest")
  void posted() {
    List<Snapshot> pictures = pictures("nic-msix-boot", Contender.AUTOMATIC_LINUX);
    List<InterruptRow> posted =
        pictures.stream()
            .flatMap(picture -> picture.interrupts().values().stream())
            .filter(row -> row.way() == Path.BYPASSED)
            .toList();
    assertThat(posted).isNotEmpty();
    assertThat(posted.stream().allMatch(row -> row.producer() == End.PAIRED)).isTrue();
    assertThat(posted.stream().allMatch(row -> row.consumer() == End.PAIRED)).isTrue();
    assertThat(posted.stream().anyMatch(row -> row.guest().startsWith("pending at vCPU"))).isTrue();
  }

  @Test
  @DisplayName("of two interrupts with one vector at two vCPUs, each waits at its own")
  void sameVector() {
    for (Snapshot picture : pictures("hot-unplug", Contender.AUTOMATIC_LINUX)) {
      for (InterruptRow row : picture.interrupts().values()) {
        if (row.route().endsWith("to APIC 0")) {
          assertThat(row.guest()).doesNotContain("vCPU 1");
        }
      }
    }
  }

  @Test
  @DisplayName("an irqfd whose eventfd no device signals has a row of its own")
  void irqfdAlone() {
    List<Snapshot> pictures = pictures("hot-unplug", Contender.AUTOMATIC_LINUX);
    List<InterruptRow> alone =
        pictures.stream()
            .flatMap(picture -> picture.interrupts().values().stream())
            .filter(row -> row.interrupt() == null)
            .toList();
    assertThat(alone).isNotEmpty();
    for (InterruptRow row : alone) {
      assertThat(row.name()).isEqualTo("eventfd " + row.eventfd());
      assertThat(row.producer()).isEqualTo(End.ABSENT);
      assertThat(row.binding()).contains("gsi");
    }
  }

  @ParameterizedTest
  @EnumSource(Contender.class)
  @DisplayName("what changed, applied to the picture before, makes the picture after")
  void changes(Contender contender) {
    for (String scenario : Catalogue.all()) {
      if (scenario.startsWith("qemu-nvme")) {
        continue; // the same as the other sessions, and slow
      }
      Map<String, Object> screen = new LinkedHashMap<>();
      Snapshot before = Snapshot.EMPTY;
      for (Snapshot now : pictures(scenario, contender)) {
        Snapshot.Changes changes = now.since(before);
        changes.gone().forEach(screen::remove);
        changes.interrupts().forEach(row -> screen.put(row.name(), row));
        changes.vcpus().forEach(row -> screen.put(row.name(), row));
        Map<String, Object> expected = new LinkedHashMap<>(now.interrupts());
        expected.putAll(now.vcpus());
        assertThat(screen).isEqualTo(expected);
        assertThat(changes.isEmpty()).isEqualTo(now.equals(before));
        before = now;
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Contender.class)
  @DisplayName("looking at a host changes nothing: the run comes to the same with and without")
  void looksOnly(Contender contender) {
    for (String scenario : Catalogue.all()) {
      if (scenario.startsWith("qemu-")) {
        continue;
      }
      var loaded = Catalogue.load(scenario, ImmutableMap.of()).scenario();
      Trial unseen = TrialRunner.run(loaded, contender);
      Trial seen = TrialRunner.run(loaded, contender, (step, host) -> Snapshot.of(host));
      assertThat(seen.account()).isEqualTo(unseen.account());
      assertThat(seen.execution().steps().stream().map(s -> s.outcome().result()).toList())
          .isEqualTo(unseen.execution().steps().stream().map(s -> s.outcome().result()).toList());
    }
  }
}
