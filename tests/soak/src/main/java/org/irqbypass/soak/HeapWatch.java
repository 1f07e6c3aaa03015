package org.irqbypass.soak;

import java.util.ArrayList;
import java.util.List;

/** What of the heap is in use, after a collection, at equal steps of the work. */
final class HeapWatch {
  /** The heap may be so much larger at the end than when a fifth of the work was done. */
  static final long TOLERATED = 8L << 20;

  private static final int STEPS = 10;

  private final List<Long> bytes = new ArrayList<>();

  /** Looks, if another step of the work is done. */
  void look(double progress) {
    if (progress * STEPS >= bytes.size() + 1) {
      System.gc(); // what is looked at is what survives
      Runtime runtime = Runtime.getRuntime();
      bytes.add(runtime.totalMemory() - runtime.freeMemory());
    }
  }

  /** In use at each step. */
  List<Long> bytes() {
    return bytes;
  }

  /** How much larger it is at the end than when a fifth of the work was done. */
  long growth() {
    return bytes.size() < 3 ? 0 : bytes.get(bytes.size() - 1) - bytes.get(1);
  }

  boolean isFlat() {
    return growth() <= TOLERATED;
  }
}
