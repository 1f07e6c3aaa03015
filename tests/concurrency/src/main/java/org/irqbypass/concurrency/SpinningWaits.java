package org.irqbypass.concurrency;

import java.util.function.BooleanSupplier;
import org.irqbypass.work.Waiter;

/** A waiter that looks again and again, so that what it waits for is all that orders threads. */
public final class SpinningWaits implements Waiter {
  /** Nobody waits yet. */
  public SpinningWaits() {}

  @Override
  public void await(BooleanSupplier condition, String reason) {
    while (!condition.getAsBoolean()) {
      Thread.onSpinWait();
    }
  }

  @Override
  public void changed() {}

  /** What a callback takes that has something to do, so that another thread meets it. */
  public static void aMoment() {
    for (int i = 0; i < 10; i++) {
      Thread.onSpinWait();
    }
  }
}
