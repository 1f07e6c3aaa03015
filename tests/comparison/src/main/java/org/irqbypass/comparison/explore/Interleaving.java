package org.irqbypass.comparison.explore;

import com.google.common.collect.ImmutableList;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import org.irqbypass.comparison.contender.ContenderRun;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.work.CooperativeWaiter;
import org.irqbypass.work.Waiter;
import org.jspecify.annotations.Nullable;

/**
 * Does things in pieces: a piece ends where Linux would take a mutex, where it may sleep, and where
 * it has to wait. Who waits can go on when what it waits for has come; where nobody else can go on
 * either, its wait ends with {@code EDEADLK}.
 */
final class Interleaving implements Performer, Waiter {
  private final ContenderRun run;

  /** For what is done outside: the steps whose order is not open. */
  private final Waiter alone;

  private final Map<String, UnderWay> underWay = new TreeMap<>();
  private @Nullable UnderWay current;
  private @Nullable String where;
  private @Nullable String deadlock;
  private boolean dropped;

  /** Something that was begun. */
  private static final class UnderWay {
    final String step;
    final Coroutine coroutine;

    /** Where it stopped, for a person to read. */
    String where = "";

    /** What it waits for; null if it can go on. */
    @Nullable BooleanSupplier condition;

    /** Whether its wait is to end though nothing came. */
    boolean stuck;

    UnderWay(String step, Coroutine coroutine) {
      this.step = step;
      this.coroutine = coroutine;
    }

    boolean isReady() {
      BooleanSupplier awaited = condition;
      return awaited == null || awaited.getAsBoolean();
    }
  }

  /** From now on the run's host is interrupted. */
  Interleaving(ContenderRun run) {
    this.run = run;
    this.alone = new CooperativeWaiter(run.host().workQueue());
    run.host().interleave(this);
  }

  @Override
  public void begin(String actor, String step, Runnable doing) {
    underWay.put(actor, new UnderWay(step, new Coroutine(doing)));
    goOn(actor);
  }

  @Override
  public boolean isUnderWay(String actor) {
    return underWay.containsKey(actor);
  }

  @Override
  public boolean isBusy() {
    return !underWay.isEmpty();
  }

  @Override
  public ImmutableList<Move> open() {
    ImmutableList.Builder<Move> open = ImmutableList.builder();
    underWay.forEach(
        (actor, each) -> {
          if (each.isReady()) {
            open.add(new Move(actor, "… " + each.step, null));
          }
        });
    return open.build();
  }

  @Override
  public Move whenStuck() {
    Map.Entry<String, UnderWay> first = underWay.entrySet().iterator().next();
    return new Move(first.getKey(), "… " + first.getValue().step, null);
  }

  @Override
  public void goOn(String actor) {
    UnderWay going = underWay.get(actor);
    if (going == null) {
      throw new IllegalStateException(actor + " has nothing under way");
    }
    going.stuck = !going.isReady();
    deadlock = going.stuck ? going.step + " " + going.where : null;
    current = going;
    boolean over = true;
    try {
      over = going.coroutine.goOn();
    } finally {
      current = null;
      if (over) {
        underWay.remove(actor);
      }
      where = over ? null : going.where;
    }
  }

  @Override
  public @Nullable String where() {
    return where;
  }

  @Override
  public @Nullable String deadlock() {
    return deadlock;
  }

  @Override
  public void drop() {
    dropped = true;
    while (isBusy()) {
      ImmutableList<Move> open = open();
      goOn(open.isEmpty() ? whenStuck().actor() : open.get(0).actor());
    }
  }

  private void stop(UnderWay stopping, String where) {
    stopping.where = where;
    run.interrupt(stopping.coroutine::stop);
  }

  private void pause(UnderWay pausing, String where) {
    if (!dropped) {
      stop(pausing, where);
    }
  }

  @Override
  public void await(BooleanSupplier condition, String reason) {
    UnderWay waiting = current;
    if (waiting == null) {
      alone.await(condition, reason);
      return;
    }
    while (!condition.getAsBoolean()) {
      waiting.condition = condition;
      stop(waiting, "waits for " + reason);
      waiting.condition = null;
      if (waiting.stuck) {
        throw new ErrnoException(
            Errno.EDEADLK, "waits for " + reason + ", and nobody is left to bring it");
      }
    }
  }

  @Override
  public void mightSleep() {
    if (current == null) {
      alone.mightSleep();
    } else {
      pause(current, "might sleep");
    }
  }

  @Override
  public void schedule() {
    if (current == null) {
      alone.schedule();
    } else {
      pause(current, "has slept");
    }
  }

  @Override
  public void beforeLock(Object lock) {
    if (current != null) {
      pause(current, "is about to lock " + lock);
    }
  }

  @Override
  public void changed() {}
}
