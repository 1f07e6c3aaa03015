package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Replays a recording and compares results and errnos, operation by operation. Each case runs on a
 * host of its own.
 */
public final class Replay {
  private static final int KEPT = 1000;

  private final @Nullable String platform;
  private int cases;
  private int operations;
  private int effects;
  private int notReplayed;
  private int mismatches;
  private final List<Difference> differences = new ArrayList<>();

  private Replay(@Nullable String platform) {
    this.platform = platform;
  }

  /**
   * Replays a recording.
   *
   * @param recording at its first operation
   * @param platform on which; null: the recorded one. Where it does not exist yet, every operation
   *     is counted as not replayed
   * @param wanted which cases, by name
   * @return what it came to
   * @throws InputException if the recording is damaged
   * @throws PlatformException if nobody has heard of the platform
   */
  public static ReplayReport run(
      Recording recording, @Nullable String platform, Predicate<String> wanted) {
    return new Replay(platform).replay(recording, wanted);
  }

  private ReplayReport replay(Recording recording, Predicate<String> wanted) {
    String on = platform == null ? recording.meta().platform() : platform;
    HostOptions options = HostOptions.of(recording).withPlatform(on).withTracing(false);
    boolean exists = Platforms.exists(on);
    if (!exists && !Platforms.planned().contains(on)) {
      Platforms.make(on); // throws
    }
    for (ImmutableList<RecordedOperation> ofCase : recording.cases(wanted)) {
      if (exists) {
        cases++;
        replayCase(ofCase, new Runner(SimulatedHost.create(options)));
      } else {
        notReplayed += ofCase.size();
      }
    }
    return new ReplayReport(
        recording.source(),
        on,
        cases,
        operations,
        effects,
        notReplayed,
        mismatches,
        ImmutableList.copyOf(differences));
  }

  private void replayCase(ImmutableList<RecordedOperation> ofCase, Runner runner) {
    for (RecordedOperation recorded : ofCase) {
      boolean effect = recorded.operation().schema().effect();
      String got = result(runner, recorded.operation());
      if (effect) {
        effects++;
        continue;
      }
      operations++;
      if (recorded.ret() != null && !got.equals(recorded.result())) {
        mismatches++;
        if (differences.size() < KEPT) {
          differences.add(
              new Difference(
                  recorded.caseName(),
                  recorded.step(),
                  recorded.operation(),
                  recorded.result(),
                  got));
        }
      }
    }
  }

  /** The result as people write it; what broke counts as a result that matches nothing. */
  private static String result(Runner runner, Operation operation) {
    try {
      return runner.run(operation).result();
    } catch (InputException wrong) {
      throw wrong;
    } catch (RuntimeException broken) {
      return "broke: " + broken;
    }
  }
}
