package org.irqbypass.conformance;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static java.util.Objects.requireNonNull;

import com.google.common.base.Joiner;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.InputStream;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.irqbypass.scenario.Level;
import org.irqbypass.scenario.Platforms;
import org.irqbypass.scenario.Recording;
import org.irqbypass.scenario.Replay;
import org.irqbypass.scenario.ReplayOptions;
import org.irqbypass.scenario.ReplayReport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * What a real kernel did, replayed: each recording and level of comparison is one test, which
 * compares every operation and names the first that differ.
 *
 * <p>Not replayed at any level yet: {@code arm64-random}, {@code arm64-routing}, {@code
 * arm64-teardown}, {@code arm64-vlpi}, whose platform does not exist.
 */
class RecordingsTest {
  private static final int SHOWN = 10;

  /** Recorded sessions of a virtual machine monitor that the command line brings along. */
  private static final ImmutableList<String> BUNDLED =
      ImmutableList.of("qemu-e1000e-boot", "qemu-e1000e-unplug", "qemu-nvme-boot");

  private static final ImmutableList<String> RECORDED_HERE =
      ImmutableList.of(
          "arm64-gicv3",
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

  /** Recorded on a GICv4, with nothing in them that a GICv3 would do otherwise. */
  private static final ImmutableMap<String, String> ELSEWHERE =
      ImmutableMap.of(
          "arm64-kvm", "arm64-gicv3",
          "arm64-wired-level", "arm64-gicv3",
          "arm64-wired-random", "arm64-gicv3",
          "arm64-wired-edge-random", "arm64-gicv3");

  /** Of a platform that does not exist yet. */
  private static final ImmutableList<String> NOT_YET =
      ImmutableList.of("arm64-random", "arm64-routing", "arm64-teardown", "arm64-vlpi");

  /** Held at outputs only, so far. */
  private static final ImmutableList<String> NOT_AT_TRACE = ImmutableList.of("arm64-kvm");

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
    return recordings()
        .filter(name -> !NOT_AT_TRACE.contains(name))
        .map(name -> matches(name, Level.TRACE));
  }

  private static Stream<String> recordings() {
    return Stream.of(RECORDED_HERE, BUNDLED, ELSEWHERE.keySet()).flatMap(Collection::stream);
  }

  private static DynamicTest matches(String name, Level level) {
    String platform = ELSEWHERE.get(name);
    return DynamicTest.dynamicTest(
        (platform == null ? name : name + " on " + platform) + ": " + level.word(),
        () -> {
          ReplayReport report = replay(name, platform, level);
          List<?> first = report.differences().stream().limit(SHOWN).toList();
          assertWithMessage("%s:\n%s", report, Joiner.on('\n').join(first))
              .that(report.matches())
              .isTrue();
          assertThat(report.operations()).isGreaterThan(0);
        });
  }

  /**
   * A platform that does not exist yet is no match: all of its operations are counted as missed.
   */
  @TestFactory
  Stream<DynamicTest> missingPlatformsAreNoMatch() {
    return NOT_YET.stream()
        .map(
            name ->
                DynamicTest.dynamicTest(
                    name,
                    () -> {
                      ReplayReport report = replay(name, null, Level.RESULTS);
                      assertThat(Platforms.planned()).contains(report.platform());
                      assertThat(report.matches()).isFalse();
                      assertThat(report.operations()).isEqualTo(0);
                      assertThat(report.notReplayed()).isGreaterThan(0);
                    }));
  }

  /** Two hosts know nothing of each other: the second replay comes to the same as the first. */
  @Test
  void replayingTwiceComesToTheSame() {
    assertThat(replay("random", null, Level.OUTPUTS))
        .isEqualTo(replay("random", null, Level.OUTPUTS));
  }

  private static ReplayReport replay(String name, @Nullable String platform, Level level) {
    String file = name + ".jsonl.gz";
    String resource =
        (BUNDLED.contains(name) ? "/org/irqbypass/comparison/recordings/" : "/recordings/") + file;
    InputStream stream = requireNonNull(RecordingsTest.class.getResourceAsStream(resource), file);
    try (Recording recording = Recording.open(file, stream)) {
      return Replay.run(recording, ReplayOptions.at(level).onPlatform(platform));
    }
  }
}
