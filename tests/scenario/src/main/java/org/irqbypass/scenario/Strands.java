package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.irqbypass.kvm.VcpuEvent;
import org.irqbypass.trace.TraceEvent;
import org.irqbypass.work.Work;
import org.jspecify.annotations.Nullable;

/**
 * What a host has done and a recorded session has not shown yet, thread by thread. Calls are run
 * alone, and deferred work where the recording shows its first line: so what happened in between
 * happens before it here too. For one thread.
 */
final class Strands {
  /** The deferred work of which recordings show a first line, its name. Other work runs at once. */
  static final ImmutableSet<String> RECORDED =
      ImmutableSet.of("irqfd_inject", "irqfd_shutdown", "virqfd_inject", "virqfd_shutdown");

  /** In microseconds: later than this nothing that was begun goes on. */
  private static final long IN_TIME = 1_000_000;

  private final SimulatedHost host;
  private final Runner runner;
  private final TraceRenderer renderer;

  /** Begun and not over; the last call first, then work, oldest first. */
  private final List<Strand> going = new ArrayList<>();

  /** Deferred work that waits, and the line of the session that queued it. */
  private final Map<Work, RecordedOperation> queuedSince = new LinkedHashMap<>();

  Strands(SimulatedHost host) {
    this.host = host;
    this.runner = new Runner(host);
    this.renderer = new TraceRenderer(host);
    host.workQueue().runElsewhere();
    WorkEvent.observe(host.workQueue(), host.trace());
  }

  /** Does something that no recording shows: no line of it is expected. */
  Answer unseen(Operation operation) {
    Answer answer = Answer.alone(runner, operation);
    answer.events().forEach(this::line);
    runUnrecorded();
    return answer;
  }

  /** Does something; what it caused is told by {@link #begin}. */
  Answer run(Operation operation) {
    return Answer.alone(runner, operation);
  }

  /** Expects the lines of what was done. */
  Strand begin(Answer answer) {
    Strand strand = begin(strand(answer.events()));
    runUnrecorded();
    return strand;
  }

  Strand begin(Strand strand) {
    going.add(0, strand);
    return strand;
  }

  /** Spells events; what waits for the runs of deferred work among them is one strand more. */
  private Strand strand(List<TraceEvent> events) {
    Strand whole = new Strand();
    Deque<Strand> running = new ArrayDeque<>();
    running.push(whole);
    for (TraceEvent event : events) {
      if (event instanceof WorkEvent.Begins) {
        Strand work = new Strand();
        going.add(work);
        running.push(work);
      } else if (event instanceof WorkEvent.Ends) {
        Strand work = running.pop();
        running.element().await(work);
      } else {
        String line = line(event);
        if (line != null) {
          running.element().add(line);
        }
      }
    }
    return whole;
  }

  /** Sessions show what the guest takes too. */
  private @Nullable String line(TraceEvent event) {
    return event instanceof VcpuEvent.Take take ? injected(take.vector()) : renderer.line(event);
  }

  /** How the kernel prints that a vector enters the guest. */
  static String injected(int vector) {
    return "kvm_inj_virq: IRQ 0x" + Integer.toHexString(vector);
  }

  /** Runs all deferred work: nothing shows when it ran. */
  void settle() {
    going.clear();
    while (!host.workQueue().queued().isEmpty()) {
      unseen(Operation.of("work.run"));
    }
  }

  private void runUnrecorded() {
    for (Work work : host.workQueue().queued()) {
      if (!RECORDED.contains(work.name())) {
        start(work.name());
      }
    }
  }

  /** Whether deferred work of a name waits to be run. */
  boolean isQueued(String name) {
    return host.workQueue().queued().stream().anyMatch(work -> work.name().equals(name));
  }

  /** Runs the oldest deferred work of a name, and expects its lines. */
  private void start(String name) {
    strand(Answer.alone(runner, Operation.of("work.run", "work", name)).events());
  }

  /**
   * The recording shows a line.
   *
   * @return false if nobody can have caused it
   */
  boolean show(String line) {
    going.removeIf(Strand::isOver);
    for (Strand strand : going) {
      if (line.equals(strand.next())) {
        strand.show();
        return true;
      }
    }
    if (RECORDED.contains(line) && isQueued(line)) {
      start(line);
      return show(line);
    }
    return showSwapped(line);
  }

  /** Of two that have shown the same lines so far, the other one may have been meant. */
  private boolean showSwapped(String line) {
    for (Strand strand : going) {
      for (Strand other : going) {
        if (strand.isTakenFor(other, line)) {
          strand.show();
          return true;
        }
      }
    }
    return false;
  }

  /** What has begun or waits to, since when, and the line it would show next. */
  record Late(RecordedOperation since, String line) {}

  /** A line of the session is over: what is new was caused by it. */
  void since(RecordedOperation line) {
    going.removeIf(Strand::isOver);
    going.forEach(strand -> strand.since(line));
    Map<Work, RecordedOperation> still = new LinkedHashMap<>();
    for (Work work : host.workQueue().queued()) {
      still.put(work, queuedSince.getOrDefault(work, line));
    }
    queuedSince.clear();
    queuedSince.putAll(still);
  }

  /** A line of the session differs: what it has begun is no longer expected. */
  void abandonNew() {
    for (Strand strand : going) {
      if (strand.since() == null) {
        strand.abandon();
      }
    }
  }

  /** What was not shown in time. No longer expected. */
  ImmutableList<Late> late(long now) {
    ImmutableList.Builder<Late> late = ImmutableList.builder();
    for (Late missing : missing()) {
      if (missing.since().endMicros() + IN_TIME < now) {
        late.add(missing);
      }
    }
    ImmutableList<Late> all = late.build();
    for (Strand strand : going) {
      RecordedOperation since = strand.since();
      if (since != null && since.endMicros() + IN_TIME < now) {
        strand.abandon();
      }
    }
    queuedSince.forEach(
        (work, since) -> {
          if (since.endMicros() + IN_TIME < now) {
            unseen(Operation.of("work.run", "work", work.name()));
          }
        });
    return all;
  }

  /** What has begun and is not over, and the work that waits to be run. */
  ImmutableList<Late> missing() {
    going.removeIf(Strand::isOver);
    ImmutableList.Builder<Late> lines = ImmutableList.builder();
    for (Strand strand : going) {
      String line = strand.missing();
      RecordedOperation since = strand.since();
      if (line != null && since != null) {
        lines.add(new Late(since, line));
      }
    }
    queuedSince.forEach((work, since) -> lines.add(new Late(since, work.name())));
    return lines.build();
  }

  /** The line that would be shown next; null if nothing is missing. */
  @Nullable String firstMissing() {
    return missing().stream().map(Late::line).findFirst().orElse(null);
  }
}
