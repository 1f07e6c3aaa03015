package org.irqbypass.concurrency.work;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.irqbypass.work.Work;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * Work is queued again, for data written meanwhile, while a thread of the executor runs it. Result:
 * the data that its last run saw.
 */
@JCStressTest
@Outcome(id = "1", expect = ACCEPTABLE, desc = "The run had not begun, or there is another.")
@Outcome(
    expect = FORBIDDEN,
    desc =
        "The last run saw the data of before: queued work was taken for work that is still to run.")
@State
public class QueueWhileRunning extends Executed {
  private int data;
  private int seen;
  private final Work work = new Work("work", () -> seen = data);

  public QueueWhileRunning() {
    queue.schedule(work);
  }

  @Actor
  public void caller() {
    data = 1;
    queue.schedule(work);
  }

  @Actor
  public void worker() {
    runNext();
  }

  @Arbiter
  public void afterwards(I_Result result) {
    runAll();
    result.r1 = seen;
  }
}
