package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Replays a recording and compares what its operations come to, one by one, as far as a level asks
 * for. Where a recording says that only the result of an operation can be reproduced, no level
 * compares more of it. Each case runs on a host of its own. One thing is carried over: the machine
 * was not switched off between two cases, and a wired edge that nobody took in one of them still
 * waits at the interrupt controller in the next.
 */
public final class Replay {
  private final ReplayOptions options;
  private final Comparison comparison;
  private int cases;
  private int operations;
  private int mismatches;
  private final List<Difference> differences = new ArrayList<>();
  private final List<Undecided> undecided = new ArrayList<>();
  private final Map<String, BitSet> latched = new HashMap<>();

  private Replay(ReplayOptions options, boolean session) {
    this.options = options;
    this.comparison = new Comparison(options.level(), session);
  }

  /**
   * Replays a recording.
   *
   * @param recording at its first operation
   * @param options on which host, and how far it is compared
   * @return what it came to
   * @throws InputException if the recording is damaged, or was made on a platform that does not
   *     exist and no other is told
   * @throws PlatformException if there is no such platform as the options tell
   */
  public static ReplayReport run(Recording recording, ReplayOptions options) {
    return new Replay(options, recording.meta().vmm() != null).replay(recording);
  }

  private ReplayReport replay(Recording recording) {
    HostOptions host = hostOf(recording);
    for (ImmutableList<RecordedOperation> ofCase : recording.cases(options.wanted())) {
      cases++;
      if (comparison.session()) {
        replaySession(ofCase, host, recording.meta());
      } else {
        replayCase(ofCase, SimulatedHost.create(host));
      }
    }
    return new ReplayReport(
        recording.source(),
        host.platform(),
        options.level(),
        cases,
        operations,
        mismatches,
        ImmutableList.copyOf(differences),
        ImmutableList.copyOf(undecided));
  }

  private HostOptions hostOf(Recording recording) {
    HostOptions recorded =
        HostOptions.of(recording, options.profile())
            .withTracing(options.level().includes(Level.TRACE));
    if (options.platform() == null) {
      Platforms.check(recorded.platform(), recording.meta().platformPosition());
    } else {
      recorded = recorded.withPlatform(options.platform());
    }
    return recorded;
  }

  private static HostDevice device(SimulatedHost host, String name) {
    return Objects.requireNonNull(host.devices().get(name));
  }

  private void replayCase(ImmutableList<RecordedOperation> ofCase, SimulatedHost host) {
    Runner runner = new Runner(host);
    TraceRenderer renderer = new TraceRenderer(host);
    latched.forEach((name, edges) -> device(host, name).latch(edges));
    for (RecordedOperation recorded : ofCase) {
      Answer got = Answer.of(runner, recorded.operation());
      operations++;
      Difference returned = comparison.returned(recorded, got);
      differs(
          returned == null ? comparison.traced(recorded, renderer.render(got.events())) : returned);
    }
    host.devices().forEach((name, device) -> latched.put(name, device.latched()));
  }

  /** A session's effects are operations where they are compared. */
  private void replaySession(
      ImmutableList<RecordedOperation> ofCase, HostOptions host, RecordingMeta meta) {
    HostOptions traced = host.withTracing(true);
    SessionReplay session =
        new SessionOrder(() -> SimulatedHost.create(traced), meta, comparison)
            .replay(SessionLines.of(ofCase));
    boolean all = options.level().includes(Level.TRACE);
    operations +=
        (int) ofCase.stream().filter(line -> all || !line.operation().schema().effect()).count();
    session.differences().forEach(this::differs);
    if (all) {
      undecided.addAll(session.undecided());
    }
  }

  private void differs(@Nullable Difference difference) {
    if (difference == null) {
      return;
    }
    mismatches++;
    if (differences.size() < options.kept()) {
      differences.add(difference);
    }
  }
}
