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
  private static final int QUEUED = 1;
  private static final int RUNNING = 2;

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

  /** Changed through {@link #STATE}, bit by bit. */
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
    return state != 0;
  }

  /** Claims the place in a queue; false if it is queued already. */
  boolean tryQueue() {
    return ((int) STATE.getAndBitwiseOr(this, QUEUED) & QUEUED) == 0;
  }

  /** Gives up the place in a queue without a run. */
  void dequeue() {
    STATE.getAndBitwiseAnd(this, ~QUEUED);
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
    STATE.getAndBitwiseAnd(this, ~QUEUED);
    try {
      body.run();
    } finally {
      STATE.getAndBitwiseAnd(this, ~RUNNING);
    }
  }

  /** Claims a run of what is queued; false if it is not queued, or a thread is in the body. */
  boolean tryStart() {
    return STATE.compareAndSet(this, QUEUED, RUNNING);
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
    sink.putReference(name).put(state);
  }

  @Override
  public String toString() {
    return name;
  }
}
