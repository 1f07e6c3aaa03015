package org.irqbypass.conformance;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static java.util.Objects.requireNonNull;

import com.google.common.base.Joiner;
import com.google.common.collect.ImmutableList;
import java.io.InputStream;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.irqbypass.scenario.Level;
import org.irqbypass.scenario.Recording;
import org.irqbypass.scenario.Replay;
import org.irqbypass.scenario.ReplayOptions;
import org.irqbypass.scenario.ReplayReport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * What a real kernel did, replayed: each recording and level of comparison is one test, which
 * compares every operation and names the first that differ.
 */
class RecordingsTest {
  private static final int SHOWN = 10;

  /** Recorded sessions of a virtual machine monitor that the command line brings along. */
  private static final ImmutableList<String> BUNDLED =
      ImmutableList.of("qemu-e1000e-boot", "qemu-e1000e-unplug", "qemu-nvme-boot");

  private static final ImmutableList<String> RECORDED_HERE =
      ImmutableList.of(
          "arm64-gicv3",
          "arm64-kvm",
          "arm64-random",
          "arm64-routing",
          "arm64-teardown",
          "arm64-vlpi",
          "arm64-wired-edge-random",
          "arm64-wired-level",
          "arm64-wired-random",
          "bypass",
          "device-info",
          "end-to-end",
          "kvm",
          "kvm-6.18",
          "kvm-vfio",
          "qemu-e1000e-modes",
          "qemu-e1000e-nokvm",
          "qemu-two-boot",
          "random",
          "registry",
          "set-irqs-edge",
          "set-irqs-matrix");

  @TestFactory
  Stream<DynamicTest> resultsMatch() {
    return recordings().map(name -> matches(name, Level.RESULTS));
  }

  @TestFactory
  Stream<DynamicTest> outputsMatch() {
    return recordings().map(name -> matches(name, Level.OUTPUTS));
  }

  @TestFactory
  Stream<DynamicTest> tracesMatch() {
    return recordings().map(name -> matches(name, Level.TRACE));
  }

  private static Stream<String> recordings() {
    return Stream.of(RECORDED_HERE, BUNDLED).flatMap(Collection::stream);
  }

  private static DynamicTest matches(String name, Level level) {
    return DynamicTest.dynamicTest(
        name + ": " + level.word(),
        () -> {
          ReplayReport report = replay(name, level);
          List<?> first = report.differences().stream().limit(SHOWN).toList();
          assertWithMessage("%s:\n%s", report, Joiner.on('\n').join(first))
              .that(report.matches())
              .isTrue();
          assertThat(report.operations()).isGreaterThan(0);
        });
  }

  /** Two hosts know nothing of each other: the second replay comes to the same as the first. */
  @Test
  void replayingTwiceComesToTheSame() {
    assertThat(replay("random", Level.OUTPUTS)).isEqualTo(replay("random", Level.OUTPUTS));
  }

  private static ReplayReport replay(String name, Level level) {
    String file = name + ".jsonl.gz";
    String resource =
        (BUNDLED.contains(name) ? "/org/irqbypass/comparison/recordings/" : "/recordings/") + file;
    InputStream stream = requireNonNull(RecordingsTest.class.getResourceAsStream(resource), file);
    try (Recording recording = Recording.open(file, stream)) {
      return Replay.run(recording, ReplayOptions.at(level));
    }
  }
}
