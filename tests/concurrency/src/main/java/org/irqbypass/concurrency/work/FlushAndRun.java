package org.irqbypass.concurrency.work;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.irqbypass.work.Work;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * Queued work is flushed while a thread of the executor is about to run it. Result: runs that have
 * ended when the flush returns; runs.
 */
@JCStressTest
@Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "The flush ran it, or waited for the run.")
@Outcome(expect = FORBIDDEN, desc = "The flush returned during the run, or the work ran twice.")
@State
public class FlushAndRun extends Executed {
  private int begun;
  private int ended;
  private final Work work =
      new Work(
          "work",
          () -> {
            begun++;
            ended++;
          });

  public FlushAndRun() {
    queue.schedule(work);
  }

  @Actor
  public void worker() {
    runNext();
  }

  @Actor
  public void caller(II_Result result) {
    queue.flush(work);
    result.r1 = ended;
  }

  @Arbiter
  public void afterwards(II_Result result) {
    runAll();
    result.r2 = begun == ended ? begun : -1;
  }
}
