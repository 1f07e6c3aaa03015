package org.irqbypass.comparison.report;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.comparison.contender.Trial;
import org.irqbypass.comparison.narrative.Caption;
import org.irqbypass.comparison.narrative.Message;
import org.irqbypass.comparison.narrative.Story;
import org.irqbypass.comparison.report.Playback.Frame;
import org.irqbypass.comparison.report.Playback.Moment;
import org.irqbypass.comparison.snapshot.Snapshot;
import org.irqbypass.scenario.Execution;

/**
 * Puts the runs of several contenders next to each other. All of them take the scenario's steps in
 * the same order; where one has added calls in between, the others wait.
 */
public final class PlaybackBuilder {
  /** A scenario of up to this many steps is shown in full. */
  private static final int SHOWN_IN_FULL = 400;

  /** In a longer one, steps of one phase that look the same are shown as often as this. */
  private static final int REPETITIONS = 2;

  private record Seen(Execution.Step step, Trial.StepNote note, Snapshot snapshot) {}

  /** A contender's run: at each index a step of the scenario, and what was added before it. */
  private record Run(List<Seen> own, List<List<Seen>> addedBefore) {}

  private final Map<Contender, Run> runs = new EnumMap<>(Contender.class);
  private final Map<Contender, Snapshot> shown = new EnumMap<>(Contender.class);

  /** Makes one without runs. */
  public PlaybackBuilder() {}

  /**
   * Adds a contender's run.
   *
   * @param trial the run
   * @param snapshots the host after each of its steps
   */
  public void add(Trial trial, List<Snapshot> snapshots) {
    List<Seen> own = new ArrayList<>();
    List<List<Seen>> added = new ArrayList<>();
    List<Seen> pending = new ArrayList<>();
    for (Execution.Step step : trial.execution().steps()) {
      Trial.StepNote note = trial.notes().get(step.index());
      Seen seen = new Seen(step, note, snapshots.get(step.index()));
      if (note.forwarding()) {
        pending.add(seen);
      } else {
        own.add(seen);
        added.add(pending);
        pending = new ArrayList<>();
      }
    }
    added.add(pending);
    runs.put(trial.contender(), new Run(own, added));
  }

  /**
   * Puts them together.
   *
   * @return the runs side by side
   */
  public Playback build() {
    if (runs.isEmpty()) {
      return Playback.EMPTY;
    }
    Run any = runs.values().iterator().next();
    int steps = any.own.size();
    Set<Integer> kept = kept(steps);
    ImmutableList.Builder<Frame> frames = ImmutableList.builder();
    String phase = "";
    int skipped = 0;
    for (int i = 0; i <= steps; i++) {
      added(i, phase, frames);
      if (i == steps) {
        break;
      }
      Execution.Step step = any.own.get(i).step();
      phase = step.phase();
      if (step.operation().name().equals("mark")) {
        continue;
      }
      if (!kept.contains(i)) {
        skipped++;
        continue;
      }
      ImmutableMap.Builder<Contender, Moment> moments = ImmutableMap.builder();
      for (Map.Entry<Contender, Run> run : runs.entrySet()) {
        moments.put(run.getKey(), moment(run.getKey(), run.getValue().own.get(i)));
      }
      frames.add(new Frame(step.actor(), phase, skipped, moments.buildOrThrow()));
      skipped = 0;
    }
    ImmutableList<Frame> all = frames.build();
    return new Playback(all, all.stream().mapToInt(Frame::skipped).sum() + skipped);
  }

  /** The calls that contenders add between two steps of the scenario. */
  private void added(int before, String phase, ImmutableList.Builder<Frame> frames) {
    int most =
        runs.values().stream().mapToInt(run -> run.addedBefore.get(before).size()).max().orElse(0);
    for (int j = 0; j < most; j++) {
      ImmutableMap.Builder<Contender, Moment> moments = ImmutableMap.builder();
      for (Map.Entry<Contender, Run> run : runs.entrySet()) {
        List<Seen> added = run.getValue().addedBefore.get(before);
        if (j < added.size()) {
          moments.put(run.getKey(), moment(run.getKey(), added.get(j)));
        }
      }
      frames.add(new Frame("vmm", phase, 0, moments.buildOrThrow()));
    }
  }

  /** The steps that are shown, by their place in the scenario. */
  private Set<Integer> kept(int steps) {
    Set<Integer> kept = new HashSet<>();
    boolean full = steps <= SHOWN_IN_FULL;
    for (Run run : runs.values()) {
      Map<String, Integer> repetitions = new HashMap<>();
      for (int i = 0; i < steps; i++) {
        Seen seen = run.own.get(i);
        Story story = seen.note().story();
        String looks = seen.step().phase() + '\n' + story.messages();
        boolean news =
            story.sort() == Story.Sort.CALL
                ? repetitions.merge(looks, 1, Integer::sum) <= 2 * REPETITIONS
                : story.sort() == Story.Sort.TRAFFIC
                    && !story.messages().isEmpty()
                    && repetitions.merge(looks, 1, Integer::sum) <= REPETITIONS;
        if (full || news) {
          kept.add(i);
        }
      }
    }
    return kept;
  }

  private Moment moment(Contender contender, Seen seen) {
    Snapshot before = shown.getOrDefault(contender, Snapshot.EMPTY);
    shown.put(contender, seen.snapshot());
    Execution.Step step = seen.step();
    return new Moment(
        step.index(),
        step.operation().toText(),
        kind(seen.note().story().messages()),
        step.outcome().errno() == null ? null : step.outcome().errno().name(),
        Caption.of(step.operation(), step.outcome(), seen.note().forwarding(), seen.note().facts()),
        seen.note().why(),
        seen.snapshot().since(before));
  }

  /** What a step is about: the most telling of its arrows. */
  private static Message.Kind kind(List<Message> messages) {
    Message.Kind kind = Message.Kind.ASIDE;
    for (Message message : messages) {
      if (rank(message.kind()) > rank(kind)) {
        kind = message.kind();
      }
    }
    return kind;
  }

  private static int rank(Message.Kind kind) {
    return switch (kind) {
      case ASIDE -> 0;
      case PLAIN -> 1;
      case SOFTWARE -> 2;
      case BYPASSED -> 3;
      case FORWARDING -> 4;
      case REFUSED -> 5;
    };
  }
}
