package org.irqbypass.conformance;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static java.util.Objects.requireNonNull;

import com.google.common.base.Joiner;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.irqbypass.scenario.Platforms;
import org.irqbypass.scenario.Recording;
import org.irqbypass.scenario.Replay;
import org.irqbypass.scenario.ReplayReport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * What a real kernel did, replayed: each recording is one test, which compares every operation's
 * result and errno and names the first that differ.
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

  @TestFactory
  Stream<DynamicTest> recordingsMatch() {
    return Stream.of(
            RECORDED_HERE.stream().map(name -> matches(name, null)),
            BUNDLED.stream().map(name -> matches(name, null)),
            ELSEWHERE.entrySet().stream().map(RecordingsTest::matches))
        .flatMap(tests -> tests);
  }

  private static DynamicTest matches(Map.Entry<String, String> recordingAndPlatform) {
    return matches(recordingAndPlatform.getKey(), recordingAndPlatform.getValue());
  }

  private static DynamicTest matches(String name, @Nullable String platform) {
    return DynamicTest.dynamicTest(
        platform == null ? name : name + " on " + platform,
        () -> {
          ReplayReport report = replay(name, platform);
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
                      ReplayReport report = replay(name, null);
                      assertThat(Platforms.planned()).contains(report.platform());
                      assertThat(report.matches()).isFalse();
                      assertThat(report.operations()).isEqualTo(0);
                      assertThat(report.notReplayed()).isGreaterThan(0);
                    }));
  }

  /** Two hosts know nothing of each other: the second replay comes to the same as the first. */
  @Test
  void replayingTwiceComesToTheSame() {
    assertThat(replay("random", null)).isEqualTo(replay("random", null));
  }

  private static ReplayReport replay(String name, @Nullable String platform) {
    String file = name + ".jsonl.gz";
    String resource =
        (BUNDLED.contains(name) ? "/org/irqbypass/comparison/recordings/" : "/recordings/") + file;
    InputStream stream = requireNonNull(RecordingsTest.class.getResourceAsStream(resource), file);
    try (Recording recording = Recording.open(file, stream)) {
      return Replay.run(recording, platform, everyCase -> true);
    }
  }
}
