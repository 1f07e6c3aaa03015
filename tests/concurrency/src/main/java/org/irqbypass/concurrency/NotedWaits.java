package org.irqbypass.concurrency;

import java.util.function.BooleanSupplier;
import org.irqbypass.work.Waiter;

/**
 * A waiter that does not sleep, but notes whether a caller would have slept for ever. As {@code
 * ThreadWaiter} does, a caller counts itself as a sleeper and then looks at the condition, and
 * whoever changes something looks whether there is a sleeper; what is left out is the sleep.
 */
public final class NotedWaits implements Waiter {
  private volatile boolean sleeper;
  private volatile boolean woken;

  /** Nobody has waited yet. */
  public NotedWaits() {}

  @Override
  public void await(BooleanSupplier condition, String reason) {
    if (condition.getAsBoolean()) {
      return;
    }
    sleeper = true;
    if (!condition.getAsBoolean()) {
      throw new Asleep();
    }
  }

  @Override
  public void changed() {
    if (sleeper) {
      woken = true;
    }
  }

  /** Whether somebody was there to wake a sleeper. */
  public boolean woken() {
    return woken;
  }

  /** Whether a call would sleep until somebody wakes it; then it is given up. */
  public boolean wouldSleep(Runnable call) {
    try {
      call.run();
      return false;
    } catch (Asleep asleep) {
      return true;
    }
  }

  /** What the caller does instead of sleeping. */
  private static final class Asleep extends RuntimeException {
    private static final long serialVersionUID = 1;

    Asleep() {
      super("sleeps", null, false, false);
    }
  }
}
