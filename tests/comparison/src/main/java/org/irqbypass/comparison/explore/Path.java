package org.irqbypass.comparison.explore;

import com.google.common.collect.ImmutableList;
import org.irqbypass.comparison.explore.StateGraph.Breach;
import org.irqbypass.comparison.explore.StateGraph.Seen;
import org.jspecify.annotations.Nullable;

/** A play under bounds: which moves they leave open, and by what a state is known again. */
final class Path implements AutoCloseable {
  private final Plot plot;
  private final Bounds bounds;
  private final Play play;
  private @Nullable String last;
  private int preemptions;

  /** All moves so far; where states are merged those since the last state that tells its own. */
  private StateKey way = StateKey.START;

  Path(Plot plot, Bounds bounds) {
    this.plot = plot;
    this.bounds = bounds;
    this.play = new Play(plot);
  }

  /** What can be done next, within the bounds. */
  ImmutableList<Move> moves() {
    ImmutableList<Move> all = play.moves();
    if (bounds.preemptions() < 0 || preemptions < bounds.preemptions()) {
      return all;
    }
    for (Move move : all) {
      if (move.actor().equals(last)) {
        return ImmutableList.of(move);
      }
    }
    return all;
  }

  void take(Move move) {
    if (bounds.preemptions() >= 0
        && last != null
        && !move.actor().equals(last)
        && play.moves().stream().anyMatch(open -> open.actor().equals(last))) {
      preemptions++;
    }
    last = move.actor();
    StateKey before = plot.fine() && bounds.merged() && !play.isBusy() ? play.fingerprint() : way;
    play.take(move);
    if (!bounds.merged() || play.isBusy()) {
      way = before.with(last);
    }
  }

  /** What is seen here. */
  Seen look() {
    ImmutableList<Move> moves = moves();
    return new Seen(
        key(), moves, moves.isEmpty() ? Endings.of(play.run().account()) : null, breaches());
  }

  /** Which properties do not hold here. */
  ImmutableList<Breach> breaches() {
    Moment moment = play.moment();
    ImmutableList.Builder<Breach> breaches = ImmutableList.builder();
    for (Property property : plot.properties()) {
      String what = property.violation(moment);
      if (what != null) {
        breaches.add(new Breach(property.name(), what));
      }
    }
    return breaches.build();
  }

  private StateKey key() {
    if (!bounds.merged()) {
      return way;
    }
    StateKey state = play.isBusy() ? way : play.fingerprint();
    return bounds.preemptions() < 0 ? state : state.with(last + ":" + preemptions);
  }

  Play play() {
    return play;
  }

  @Override
  public void close() {
    play.close();
  }
}
