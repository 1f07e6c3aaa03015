package org.irqbypass.comparison.explore;

import com.google.common.collect.ImmutableList;
import java.math.BigInteger;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;

/**
 * How all explored orders of a scenario ended, for one contender. An order is one sequence of
 * actors; orders that lead through the same states are counted one by one nevertheless.
 *
 * @param endings each distinct ending, with how many orders came to it; the most frequent first
 */
public record Census(ImmutableList<Share> endings) {
  /**
   * Orders with the same ending.
   *
   * @param ending what they came to
   * @param orders how many
   */
  public record Share(Ending ending, BigInteger orders) {}

  /** How many orders were explored to their end. */
  public BigInteger orders() {
    return orders(any -> true);
  }

  /**
   * How many orders ended in a certain way.
   *
   * @param condition in which
   * @return a count, 0 or more
   */
  public BigInteger orders(Predicate<Ending> condition) {
    return endings.stream()
        .filter(share -> condition.test(share.ending()))
        .map(Share::orders)
        .reduce(BigInteger.ZERO, BigInteger::add);
  }

  /** How many ended with everything bypassed, with some of it, with nothing. */
  public BigInteger orders(Ending.Extent extent) {
    return orders(ending -> ending.extent() == extent);
  }

  /** In how many userspace saw a call fail. */
  public BigInteger withErrors() {
    return orders(ending -> ending.errors() > 0);
  }

  /** In how many a pairing failed for good, and nobody was told. */
  public BigInteger withUntoldFailures() {
    return orders(ending -> ending.untold() > 0);
  }

  /** In how many an attempt was refused and made again. */
  public BigInteger withRetries() {
    return orders(ending -> ending.retries() > 0);
  }

  /** The most of a figure in any order; 0 where there is none. */
  public int most(ToIntFunction<Ending> figure) {
    return endings.stream().map(Share::ending).mapToInt(figure).max().orElse(0);
  }

  /** The least of a figure in any order; 0 where there is none. */
  public int least(ToIntFunction<Ending> figure) {
    return endings.stream().map(Share::ending).mapToInt(figure).min().orElse(0);
  }

  /** Whether all orders end in the same forwarding state. */
  public boolean isConfluent() {
    return endings.stream().map(share -> share.ending().forwarding()).distinct().count() <= 1;
  }
}
