package org.irqbypass.work;

import java.util.function.BooleanSupplier;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;

/**
 * A waiter for deterministic runs on one thread: whoever waits runs the deferred work, oldest
 * first, until the condition holds. Where no work is left, or work queues itself without end, the
 * wait could never end, and the caller is told so: {@code EDEADLK}, {@code ELOOP}. Where Linux
 * sleeps or might sleep, all deferred work runs: on one processor nothing else is left to do first.
 */
public final class CooperativeWaiter implements Waiter {
  private final DeterministicWorkQueue queue;

  /**
   * Makes a waiter.
   *
   * @param queue the work that goes on while a caller waits
   */
  public CooperativeWaiter(DeterministicWorkQueue queue) {
    this.queue = queue;
  }

  @Override
  public void await(BooleanSupplier condition, String reason) {
    long left = queue.allowance();
    while (!condition.getAsBoolean()) {
      if (left-- <= 0) {
        queue.refuseToGoOn();
      }
      if (!queue.runNext()) {
        throw new ErrnoException(
            Errno.EDEADLK, "waits for " + reason + ", and no deferred work is left to bring it");
      }
    }
  }

  @Override
  public void mightSleep() {
    queue.mightSleep();
  }

  @Override
  public void schedule() {
    queue.mightSleep();
  }

  @Override
  public void changed() {}
}
