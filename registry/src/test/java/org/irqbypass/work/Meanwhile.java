package org.irqbypass.work;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;

/**
 * A waiter that lets a test do, in the place of other threads, what ends a wait, and insists that
 * it be told of it: who sleeps looks at its condition no sooner.
 */
public final class Meanwhile implements Waiter {
  private final Deque<Runnable> steps = new ArrayDeque<>();

  /** What was waited for, in order. */
  public final List<String> waits = new ArrayList<>();

  /** Each point at which a deterministic run may let others go on, in order. */
  public final List<String> points = new ArrayList<>();

  private volatile int changes;

  /** The next wait lets this happen. */
  public Meanwhile then(Runnable step) {
    steps.add(step);
    return this;
  }

  @Override
  public void await(BooleanSupplier condition, String reason) {
    while (!condition.getAsBoolean()) {
      waits.add(reason);
      Runnable step = steps.poll();
      if (step == null) {
        throw new ErrnoException(Errno.EDEADLK, "waits for " + reason + ", which nothing brings");
      }
      int before = changes;
      step.run();
      if (changes == before) {
        throw new AssertionError("who waits for " + reason + " was not told to look again");
      }
    }
  }

  @Override
  public void mightSleep() {
    points.add("might sleep");
  }

  @Override
  public void beforeLock(Object lock) {
    points.add("before " + lock);
  }

  @Override
  public synchronized void changed() {
    changes++;
  }
}
