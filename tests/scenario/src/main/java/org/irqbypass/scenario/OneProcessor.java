package org.irqbypass.scenario;

import java.util.function.BooleanSupplier;
import org.irqbypass.work.CooperativeWaiter;
import org.irqbypass.work.DeterministicWorkQueue;
import org.irqbypass.work.Waiter;
import org.jspecify.annotations.Nullable;

/**
 * The processor that the process which makes the calls shares with deferred work, as Linux's fair
 * scheduler divides it. Where a call might sleep, deferred work goes first; but a process that has
 * just slept is in credit, and goes on until it has to wait, uses its credit up, or leaves the
 * kernel. For one thread.
 */
final class OneProcessor implements Waiter {
  private final CooperativeWaiter waiter;
  private @Nullable Waiter others;
  private boolean inCredit;

  OneProcessor(DeterministicWorkQueue queue) {
    this.waiter = new CooperativeWaiter(queue);
  }

  /** From now on somebody else decides who goes on where a call waits or could be interrupted. */
  void giveWayBy(Waiter theirs) {
    others = theirs;
  }

  /** The process comes back from an operation. */
  void leftKernel(boolean slept) {
    inCredit = slept;
  }

  private Waiter waiter() {
    return others == null ? waiter : others;
  }

  @Override
  public void await(BooleanSupplier condition, String reason) {
    waiter().await(condition, reason);
  }

  @Override
  public void mightSleep() {
    if (others != null || !inCredit) {
      waiter().mightSleep();
    }
  }

  @Override
  public void schedule() {
    inCredit = false;
    waiter().schedule();
  }

  @Override
  public void beforeLock(Object lock) {
    waiter().beforeLock(lock);
  }

  @Override
  public void changed() {
    waiter().changed();
  }
}
