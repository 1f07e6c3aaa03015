package org.irqbypass.comparison.explore;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.irqbypass.comparison.account.Interrupt;
import org.irqbypass.comparison.contender.Trial;
import org.irqbypass.comparison.explore.Counterexample.Line;
import org.irqbypass.comparison.narrative.Caption;
import org.irqbypass.scenario.Execution;
import org.irqbypass.scenario.TraceRenderer;
import org.irqbypass.trace.TraceEvent;

/** Plays one schedule, and tells each of its steps. */
public final class Telling implements AutoCloseable {
  private static final ImmutableList<String> NO_TRACE = ImmutableList.of();

  private final Play play;
  private final TraceRenderer renderer;
  private final ImmutableList.Builder<Line> lines = ImmutableList.builder();
  private final ImmutableList.Builder<String> actors = ImmutableList.builder();
  private int told;

  private Telling(Plot plot) {
    this.play = new Play(plot, true);
    this.renderer = new TraceRenderer(play.run().host());
    this.told = play.run().trial().execution().steps().size();
  }

  /**
   * Plays a schedule.
   *
   * @param plot of what
   * @param property what it breaks
   * @param what how
   * @param schedule its moves
   * @return the order, step by step
   * @throws UnplayableException if a move is not open where the schedule makes it
   */
  static Counterexample of(Plot plot, String property, String what, Schedule schedule) {
    try (Telling telling = new Telling(plot)) {
      schedule.actors().forEach(telling::take);
      return new Counterexample(
          property,
          what,
          schedule.toString(),
          plot.command()
              + " --contender "
              + plot.contender()
              + (plot.fine() ? " --fine" : "")
              + " --schedule "
              + schedule,
          schedule.actors().size(),
          telling.lines.build());
    }
  }

  /** A schedule makes a move where it cannot be made. */
  public static final class UnplayableException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private UnplayableException(int number, String actor, List<Move> open) {
      super(
          String.format(
              "move %d of the schedule is %s's, expected %s",
              number,
              actor,
              open.isEmpty()
                  ? "no more: everything is over"
                  : String.join(", ", open.stream().map(Move::actor).distinct().toList())));
    }
  }

  /**
   * What one schedule comes to.
   *
   * @param told its steps
   * @param ending what it came to, when the rest was played in the first order that there is
   * @param violations what did not hold, as {@code property: what}
   */
  public record Replayed(Counterexample told, Ending ending, ImmutableList<String> violations) {}

  /**
   * Plays a schedule, and after its last move the first that is open, to the end.
   *
   * @param plot of what
   * @param schedule its moves
   * @return what it comes to
   * @throws UnplayableException if a move is not open where the schedule makes it
   */
  public static Replayed replay(Plot plot, Schedule schedule) {
    try (Telling telling = new Telling(plot)) {
      List<String> violations = new ArrayList<>();
      for (String actor : schedule.actors()) {
        telling.take(actor);
        telling.check(plot, violations);
      }
      int left = Walk.LONGEST;
      while (!telling.play.moves().isEmpty() && left-- > 0) {
        telling.take(telling.play.moves().get(0).actor());
        telling.check(plot, violations);
      }
      Schedule all = new Schedule(telling.actors.build());
      return new Replayed(
          new Counterexample(
              "schedule", "", all.toString(), "", schedule.actors().size(), telling.lines.build()),
          Endings.of(telling.play.run().account()),
          ImmutableList.copyOf(violations));
    }
  }

  private void check(Plot plot, List<String> violations) {
    Moment moment = play.moment();
    for (Property property : plot.properties()) {
      String what = property.violation(moment);
      if (what != null && violations.stream().noneMatch(v -> v.startsWith(property.name() + ":"))) {
        violations.add(property.name() + ": " + what);
      }
    }
  }

  private void take(String actor) {
    ImmutableList<Move> open = play.moves();
    Move move =
        open.stream()
            .filter(each -> each.actor().equals(actor))
            .findFirst()
            .orElseThrow(() -> new UnplayableException(actors.build().size() + 1, actor, open));
    actors.add(actor);
    play.take(move);
    Trial trial = play.run().trial();
    ImmutableList<Execution.Step> steps = trial.execution().steps();
    for (; told < steps.size(); told++) {
      lines.add(line(move, steps.get(told), trial.notes().get(told)));
    }
    String where = play.where();
    if (where != null) {
      lines.add(new Line(actor, move.step(), "Others can go on: it " + where + ".", NO_TRACE));
    }
  }

  private Line line(Move move, Execution.Step step, Trial.StepNote note) {
    ImmutableList.Builder<String> trace = ImmutableList.builder();
    for (TraceEvent event : step.outcome().events()) {
      trace.addAll(renderer.render(ImmutableList.of(event)));
    }
    boolean work = step.operation().name().equals("work.run");
    return new Line(
        move.actor().startsWith(Play.WORK) ? Play.WORK : move.actor(),
        work || isRest(move, step) ? move.step() : step.operation().toText(),
        Caption.of(step.operation(), step.outcome(), note.forwarding(), note.facts()),
        trace.build());
  }

  @Override
  public void close() {
    play.close();
  }

  /** Whether a move ended what another one began. */
  private static boolean isRest(Move move, Execution.Step step) {
    return move.step().equals("… " + step.operation().toText());
  }

  /** In words, which interrupts end bypassed and which do not. */
  static String forwarding(Map<Interrupt, Boolean> forwarding) {
    List<String> on = new ArrayList<>();
    List<String> off = new ArrayList<>();
    forwarding.forEach((interrupt, bypassed) -> (bypassed ? on : off).add(interrupt.toString()));
    if (off.isEmpty()) {
      return "all ends bypassed: " + String.join(", ", on);
    }
    return (on.isEmpty() ? "nothing ends bypassed" : "bypassed: " + String.join(", ", on))
        + "; not bypassed: "
        + String.join(", ", off);
  }
}
