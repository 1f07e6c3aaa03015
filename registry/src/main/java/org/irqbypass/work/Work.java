package org.irqbypass.work;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;

/**
 * One deferred piece of work ({@code struct work_struct}): queued at most once at a time, and never
 * run by two threads at once. Safe for use from many threads.
 */
public final class Work implements Fingerprinted {
  /** What a claim returns when the place is taken. */
  static final int NO_PLACE = 0;

  private static final int QUEUED = 1;
  private static final int RUNNING = 2;

  /** It was asked for once more while it was queued, by somebody who was told so. */
  private static final int SHARED = 4;

  /** It is queued, but nobody comes to run it. */
  private static final int STRANDED = 8;

  /** Above the flags, the places that were claimed are counted, so that each knows its own. */
  private static final int ONE_PLACE = 16;

  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(Work.class, "state", int.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final String name;
  private final Runnable body;

  /** Changed through {@link #STATE}. */
  private volatile int state;

  /**
   * Makes a piece of work that is not queued.
   *
   * @param name the Linux function that the work item runs
   * @param body what it does; may sleep
   */
  public Work(String name, Runnable body) {
    this.name = name;
    this.body = body;
  }

  /**
   * The Linux function that the work item runs.
   *
   * @return the name, such as {@code irqfd_inject}
   */
  public String name() {
    return name;
  }

  /**
   * Whether the work is queued or running.
   *
   * @return true from being scheduled until its run has ended
   */
  public boolean isBusy() {
    return (state & (QUEUED | RUNNING)) != 0;
  }

  /**
   * Claims the place in a queue. Also of work that is stranded there: who claims it sees to it that
   * it is run.
   *
   * @return the place, or {@link #NO_PLACE}: it is queued already, and who claimed that place knows
   *     by {@link #withdraw} that it was asked for again
   */
  int claim() {
    int before;
    int after;
    boolean claimed;
    do {
      before = state;
      claimed = (before & (QUEUED | STRANDED)) != QUEUED;
      after = claimed ? ((before | QUEUED) & ~STRANDED) + ONE_PLACE : before | SHARED;
    } while (!STATE.compareAndSet(this, before, after));
    return claimed ? after : NO_PLACE;
  }

  /**
   * Gives up a place in a queue without a run. If it was asked for again meanwhile, the work stays
   * queued for those who did, and strands.
   *
   * @param place was claimed
   * @return false if the work was run meanwhile
   */
  boolean withdraw(int place) {
    int before;
    int after;
    do {
      before = state;
      if ((before & QUEUED) == 0 || ((before ^ place) & -ONE_PLACE) != 0) {
        return false;
      }
      after = (before & SHARED) == 0 ? before & ~QUEUED : before | STRANDED;
    } while (!STATE.compareAndSet(this, before, after));
    return true;
  }

  /**
   * Whether a thread is in the body.
   *
   * @return true while it runs, whether or not it is queued again
   */
  public boolean isRunning() {
    return (state & RUNNING) != 0;
  }

  /**
   * Runs the body once. From here on the work may be queued again, also by its own body. The caller
   * sees to it that two threads do not run the same work at once.
   */
  void run() {
    STATE.getAndBitwiseOr(this, RUNNING);
    STATE.getAndBitwiseAnd(this, ~(QUEUED | SHARED | STRANDED));
    try {
      body.run();
    } finally {
      STATE.getAndBitwiseAnd(this, ~RUNNING);
    }
  }

  /** Claims a run of what is queued; false if it is not queued, or a thread is in the body. */
  boolean tryStart() {
    int before;
    do {
      before = state;
      if ((before & (QUEUED | RUNNING)) != QUEUED) {
        return false;
      }
    } while (!STATE.compareAndSet(
        this, before, (before | RUNNING) & ~(QUEUED | SHARED | STRANDED)));
    return true;
  }

  /** Whether a run is still to come. */
  boolean isQueued() {
    return (state & QUEUED) != 0;
  }

  /** Runs the body once, after {@link #tryStart()}. */
  void runStarted() {
    try {
      body.run();
    } finally {
      STATE.getAndBitwiseAnd(this, ~RUNNING);
    }
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    sink.putReference(name).put(state & (QUEUED | RUNNING));
  }

  @Override
  public String toString() {
    return name;
  }
}
