package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Replays a recording and compares what its operations come to, one by one, as far as a level asks
 * for. Where a recording says that only the result of an operation can be reproduced, no level
 * compares more of it. Each case runs on a host of its own. One thing is carried over: the machine
 * was not switched off between two cases, and a wired edge that nobody took in one of them still
 * waits at the interrupt controller in the next.
 */
public final class Replay {
  private static final int KEPT = 1000;

  private final @Nullable String platform;
  private final Level level;
  private final boolean session;
  private int cases;
  private int operations;
  private int effects;
  private int notReplayed;
  private int mismatches;
  private final List<Difference> differences = new ArrayList<>();
  private final Map<String, BitSet> latched = new HashMap<>();

  private Replay(@Nullable String platform, Level level, boolean session) {
    this.platform = platform;
    this.level = level;
    this.session = session;
  }

  /**
   * Replays a recording.
   *
   * @param recording at its first operation
   * @param platform on which; null: the recorded one. Where it does not exist yet, every operation
   *     is counted as not replayed
   * @param level how far it is compared
   * @param wanted which cases, by name
   * @return what it came to
   * @throws InputException if the recording is damaged
   * @throws PlatformException if nobody has heard of the platform
   */
  public static ReplayReport run(
      Recording recording, @Nullable String platform, Level level, Predicate<String> wanted) {
    return new Replay(platform, level, recording.meta().vmm() != null).replay(recording, wanted);
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
        SimulatedHost host = SimulatedHost.create(options);
        latched.forEach((name, edges) -> device(host, name).latch(edges));
        replayCase(ofCase, new Runner(host), new SessionInputs(recording.meta()));
        host.devices().forEach((name, device) -> latched.put(name, device.latched()));
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

  private static HostDevice device(SimulatedHost host, String name) {
    return Objects.requireNonNull(host.devices().get(name));
  }

  private void replayCase(
      ImmutableList<RecordedOperation> ofCase, Runner runner, SessionInputs unrecorded) {
    for (RecordedOperation recorded : ofCase) {
      boolean effect = recorded.operation().schema().effect();
      unrecorded.before(recorded).forEach(runner::run);
      Answer got = answer(runner, recorded.operation());
      unrecorded.after(recorded).forEach(runner::run);
      if (effect) {
        effects++;
        continue;
      }
      operations++;
      compare(recorded, got);
    }
  }

  private void compare(RecordedOperation recorded, Answer got) {
    Answer expected =
        new Answer(recorded.result(), ComparedOutputs.of(recorded.operation(), recorded.out()));
    boolean outputs = level == Level.OUTPUTS && recorded.compareOutputs();
    boolean differs =
        (recorded.ret() != null && !same(expected.result(), got.result()))
            || (outputs && !same(expected.out(), got.out()));
    if (!differs) {
      return;
    }
    mismatches++;
    if (differences.size() < KEPT) {
      differences.add(
          new Difference(
              recorded.caseName(),
              recorded.step(),
              recorded.operation(),
              outputs ? expected.toString() : expected.result(),
              outputs ? got.toString() : got.result()));
    }
  }

  /** A session shows of a call that succeeded only that it did: its result is 0, never more. */
  private boolean same(String recorded, String got) {
    Long number = session && recorded.equals("0") ? Numbers.parse(got) : null;
    return got.equals(recorded) || (number != null && number > 0);
  }

  /** A session shows what a system call wrote back, and not what its caller made of that. */
  private boolean same(ImmutableMap<String, Object> recorded, ImmutableMap<String, Object> got) {
    return recorded.equals(session ? ComparedOutputs.named(got, recorded) : got);
  }

  /** What an operation came to; what broke counts as a result that matches nothing. */
  private static Answer answer(Runner runner, Operation operation) {
    try {
      Outcome outcome = runner.run(operation);
      return new Answer(outcome.result(), ComparedOutputs.of(operation, outcome.out()));
    } catch (InputException wrong) {
      throw wrong;
    } catch (RuntimeException broken) {
      return new Answer("broke: " + broken, ImmutableMap.of());
    }
  }

  /**
   * What an operation came to, or was recorded to.
   *
   * @param result result and errno as people write them
   * @param out what it returned besides, as it is compared
   */
  private record Answer(String result, ImmutableMap<String, Object> out) {
    @Override
    public String toString() {
      return out.isEmpty() ? result : result + " " + out;
    }
  }
}
