package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Replays a recording and compares what its operations come to, one by one, as far as a level asks
 * for. Where a recording says that only the result of an operation can be reproduced, no level
 * compares more of it. Each case runs on a host of its own. One thing is carried over: the machine
 * was not switched off between two cases, and a wired edge that nobody took in one of them still
 * waits at the interrupt controller in the next.
 */
public final class Replay {
  private final ReplayOptions options;
  private final boolean session;
  private int cases;
  private int operations;
  private int effects;
  private int notReplayed;
  private int mismatches;
  private final List<Difference> differences = new ArrayList<>();
  private final Map<String, BitSet> latched = new HashMap<>();

  private Replay(ReplayOptions options, boolean session) {
    this.options = options;
    this.session = session;
  }

  /**
   * Replays a recording.
   *
   * @param recording at its first operation
   * @param options on which host, and how far it is compared. Where the platform does not exist
   *     yet, every operation is counted as not replayed
   * @return what it came to
   * @throws InputException if the recording is damaged
   * @throws PlatformException if nobody has heard of the platform
   */
  public static ReplayReport run(Recording recording, ReplayOptions options) {
    return new Replay(options, recording.meta().vmm() != null).replay(recording);
  }

  private ReplayReport replay(Recording recording) {
    HostOptions host = hostOf(recording);
    String on = host.platform();
    boolean exists = Platforms.exists(on);
    if (!exists && !Platforms.planned().contains(on)) {
      Platforms.make(on); // throws
    }
    for (ImmutableList<RecordedOperation> ofCase : recording.cases(options.wanted())) {
      if (exists) {
        cases++;
        replayCase(ofCase, SimulatedHost.create(host), new SessionInputs(recording.meta()));
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

  private HostOptions hostOf(Recording recording) {
    HostOptions recorded =
        HostOptions.of(recording).withTracing(options.level().includes(Level.TRACE));
    if (options.platform() != null) {
      recorded = recorded.withPlatform(options.platform());
    }
    return options.profile() == null ? recorded : recorded.withProfile(options.profile());
  }

  private static HostDevice device(SimulatedHost host, String name) {
    return Objects.requireNonNull(host.devices().get(name));
  }

  private void replayCase(
      ImmutableList<RecordedOperation> ofCase, SimulatedHost host, SessionInputs unrecorded) {
    Runner runner = new Runner(host);
    TraceRenderer renderer = new TraceRenderer(host);
    latched.forEach((name, edges) -> device(host, name).latch(edges));
    for (RecordedOperation recorded : ofCase) {
      boolean effect = recorded.operation().schema().effect();
      unrecorded.before(recorded).forEach(input -> renderer.render(runner.run(input).events()));
      Answer got = answer(runner, renderer, recorded.operation());
      unrecorded.after(recorded).forEach(input -> renderer.render(runner.run(input).events()));
      if (effect) {
        effects++;
        continue;
      }
      operations++;
      compare(recorded, got);
    }
    host.devices().forEach((name, device) -> latched.put(name, device.latched()));
  }

  private void compare(RecordedOperation recorded, Answer got) {
    Answer expected =
        new Answer(
            recorded.result(),
            ComparedOutputs.of(recorded.operation(), recorded.out()),
            recorded.trace() == null
                ? ImmutableList.of()
                : ComparedTrace.of(recorded.operation(), recorded.trace()));
    boolean more = recorded.compareOutputs();
    if (recorded.ret() != null && !same(expected.result(), got.result())) {
      differs(recorded, expected.result(), got.result());
    } else if (more
        && options.level().includes(Level.OUTPUTS)
        && !same(expected.out(), got.out())) {
      differs(recorded, expected.resultAndOutputs(), got.resultAndOutputs());
    } else if (more
        && options.level().includes(Level.TRACE)
        && recorded.trace() != null
        && !expected.trace().equals(got.trace())) {
      int line = ComparedTrace.parting(expected.trace(), got.trace());
      differs(recorded, expected.traceAt(line), got.traceAt(line));
    }
  }

  private void differs(RecordedOperation recorded, String expected, String got) {
    mismatches++;
    if (differences.size() < options.kept()) {
      differences.add(
          new Difference(
              recorded.caseName(), recorded.step(), recorded.operation(), expected, got));
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
  private static Answer answer(Runner runner, TraceRenderer renderer, Operation operation) {
    try {
      Outcome outcome = runner.run(operation);
      return new Answer(
          outcome.result(),
          ComparedOutputs.of(operation, outcome.out()),
          ComparedTrace.of(operation, renderer.render(outcome.events())));
    } catch (InputException wrong) {
      throw wrong;
    } catch (RuntimeException broken) {
      return new Answer("broke: " + broken, ImmutableMap.of(), ImmutableList.of());
    }
  }

  /**
   * What an operation came to, or was recorded to.
   *
   * @param result result and errno as people write them
   * @param out what it returned besides, as it is compared
   * @param trace what the kernel's functions did, as it is compared
   */
  private record Answer(
      String result, ImmutableMap<String, Object> out, ImmutableList<String> trace) {
    String resultAndOutputs() {
      return out.isEmpty() ? result : result + " " + out;
    }

    String traceAt(int line) {
      return "in line "
          + line
          + " of the trace "
          + (line <= trace.size() ? trace.get(line - 1) : "nothing more");
    }
  }
}
