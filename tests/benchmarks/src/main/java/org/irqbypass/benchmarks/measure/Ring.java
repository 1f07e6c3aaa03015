package org.irqbypass.benchmarks.measure;

import java.util.SplittableRandom;

/**
 * Places in an order drawn once, half of them in use: the head goes around taking free ones into
 * use, the tail follows at a fixed distance. So as many are resident at any time, and each is as
 * cold when its turn comes as it is among so many.
 */
final class Ring {
  private final int[] order;
  private int head;
  private int tail;

  Ring(int places, long seed) {
    order = new int[places];
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < places; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
  }

  int head() {
    int place = order[head];
    head = head + 1 == order.length ? 0 : head + 1;
    return place;
  }

  int tail() {
    int place = order[tail];
    tail = tail + 1 == order.length ? 0 : tail + 1;
    return place;
  }
}
