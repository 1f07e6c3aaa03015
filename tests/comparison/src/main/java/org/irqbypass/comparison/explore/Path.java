package org.irqbypass.comparison.explore;

import com.google.common.collect.ImmutableList;
import com.google.common.hash.HashCode;
import com.google.common.hash.Hashing;
import java.nio.charset.StandardCharsets;
import org.irqbypass.comparison.explore.StateGraph.Breach;
import org.irqbypass.comparison.explore.StateGraph.Seen;
import org.jspecify.annotations.Nullable;

/** A play under bounds: which moves they leave open, and by what a state is known again. */
final class Path implements AutoCloseable {
  private static final HashCode START = Hashing.murmur3_128().hashLong(0);

  private final Plot plot;
  private final Bounds bounds;
  private final Play play;
  private @Nullable String last;
  private int preemptions;

  /**
   * As long as fingerprints, to be combined with them. All moves so far; where states are merged
   * those since the last state that tells its own.
   */
  private HashCode way = START;

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
    if (last != null
        && !move.actor().equals(last)
        && play.moves().stream().anyMatch(open -> open.actor().equals(last))) {
      preemptions++;
    }
    last = move.actor();
    HashCode before = plot.fine() && bounds.merged() && !play.isBusy() ? play.fingerprint() : way;
    play.take(move);
    if (!bounds.merged() || play.isBusy()) {
      way =
          Hashing.combineOrdered(
              ImmutableList.of(
                  before, Hashing.murmur3_128().hashString(last, StandardCharsets.UTF_8)));
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

  private HashCode key() {
    if (!bounds.merged()) {
      return way;
    }
    HashCode state = play.isBusy() ? way : play.fingerprint();
    if (bounds.preemptions() < 0) {
      return state;
    }
    return Hashing.combineOrdered(
        ImmutableList.of(
            state,
            Hashing.murmur3_128().hashString(last + ":" + preemptions, StandardCharsets.UTF_8)));
  }

  Play play() {
    return play;
  }

  @Override
  public void close() {
    play.close();
  }
}
