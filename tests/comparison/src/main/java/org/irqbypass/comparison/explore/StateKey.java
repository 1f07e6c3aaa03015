package org.irqbypass.comparison.explore;

import java.nio.charset.StandardCharsets;

/**
 * By which a state is known again: 128 bits, in two words, since there is one for each state.
 *
 * @param high one half
 * @param low the other
 */
record StateKey(long high, long low) {
  private static final long GOLDEN = 0x9e3779b97f4a7c15L;

  /** Of nothing. */
  static final StateKey START = new StateKey(GOLDEN, ~GOLDEN);

  /** The finalizer of SplitMix64. */
  static long mix(long z) {
    long mixed = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
    return mixed ^ (mixed >>> 31);
  }

  /** The key of what this one and a value make together. */
  StateKey with(long value) {
    long nextHigh = mix(high + GOLDEN ^ value);
    return new StateKey(nextHigh, Long.rotateLeft(low, 23) * GOLDEN + mix(value + nextHigh));
  }

  /** The key of what this one and a text make together. */
  StateKey with(String text) {
    StateKey key = with(text.length());
    for (byte each : text.getBytes(StandardCharsets.UTF_8)) {
      key = key.with(each);
    }
    return key;
  }

  /** Both halves are mixed already. */
  @Override
  public int hashCode() {
    return (int) high;
  }
}
