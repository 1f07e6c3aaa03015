package org.irqbypass.scenario.live;

import java.util.List;
import java.util.SplittableRandom;

/** Random choices, the same ones for the same seed on every machine. For one thread. */
final class Draw {
  private final SplittableRandom random;

  Draw(SplittableRandom random) {
    this.random = random;
  }

  /** Whether something happens that happens so many times of a hundred. */
  boolean percent(int chance) {
    return random.nextInt(100) < chance;
  }

  /** A number from one to another, both included. */
  int from(int least, int most) {
    return random.nextInt(least, most + 1);
  }

  @SafeVarargs
  @SuppressWarnings("varargs")
  final <T> T of(T... choices) {
    return choices[random.nextInt(choices.length)];
  }

  <T> T of(List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }
}
