package org.irqbypass.comparison.explore;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * What can be done in a state, and which of it has nothing to do with which. States that leave the
 * same choice share it. Immutable.
 */
final class Choice {
  private final ImmutableList<Move> moves;

  /** Of each of the first 64 moves a bit for each that is independent of it. */
  private final long[] independent;

  private final List<String> work;

  /** Of each move a number that it has in all choices, since texts are slow to compare. */
  private final int[] numbers;

  /**
   * Makes a choice.
   *
   * @param moves what can be done
   * @param numbers gives a move its number: to the same ones the same
   */
  Choice(ImmutableList<Move> moves, ToIntFunction<Move> numbers) {
    this.moves = moves;
    this.numbers = moves.stream().mapToInt(numbers).toArray();
    this.independent = new long[Math.min(Long.SIZE, moves.size())];
    for (int a = 0; a < independent.length; a++) {
      for (int b = 0; b < independent.length; b++) {
        independent[a] |= moves.get(a).isIndependentOf(moves.get(b)) ? 1L << b : 0;
      }
    }
    this.work = moves.stream().filter(Move::isWork).map(Move::step).toList();
  }

  ImmutableList<Move> moves() {
    return moves;
  }

  Move move(int number) {
    return moves.get(number);
  }

  int size() {
    return moves.size();
  }

  /**
   * Where another choice's move stands in this one; or -1.
   *
   * @param move its place there
   */
  int indexOf(Choice other, int move) {
    int wanted = other.numbers[move];
    for (int i = 0; i < numbers.length; i++) {
      if (numbers[i] == wanted) {
        return i;
      }
    }
    return -1;
  }

  /** Whether two moves lead to the same state in either order. */
  boolean areIndependent(int a, int b) {
    return a < independent.length && b < independent.length && (independent[a] >>> b & 1) != 0;
  }

  /**
   * Whether other work is queued than there: two moves that both queue some do so in their order.
   */
  boolean hasOtherWork(Choice other) {
    return !work.equals(other.work);
  }

  /**
   * Which moves are not worth trying yet where one was made: of two that can change places, the
   * order is played in which the one comes first that its actors' order puts first, and where the
   * other order leads follows.
   *
   * @param made which move of this choice was made
   * @param after what can be done then
   * @return a bit for each move of {@code after}, as far as there are bits
   */
  long lazy(int made, Choice after) {
    long lazy = 0;
    if (!hasOtherWork(after)) {
      for (int move = 0; move < after.independent.length; move++) {
        int instead = indexOf(after, move);
        lazy |= instead >= 0 && instead < made && areIndependent(instead, made) ? 1L << move : 0;
      }
    }
    return lazy;
  }
}
