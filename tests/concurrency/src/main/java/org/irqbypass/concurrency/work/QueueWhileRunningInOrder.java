package org.irqbypass.concurrency.work;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.irqbypass.work.DeterministicWorkQueue;
import org.irqbypass.work.Work;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * The same as {@link QueueWhileRunning}, on the queue of deterministic runs, which is queued to
 * from any thread and run by one.
 */
@JCStressTest
@Outcome(id = "1", expect = ACCEPTABLE, desc = "The run had not begun, or there is another.")
@Outcome(
    expect = FORBIDDEN,
    desc =
        "The last run saw the data of before: between its two changes of state the run took a request with it.")
@State
public class QueueWhileRunningInOrder {
  private final DeterministicWorkQueue queue = new DeterministicWorkQueue();
  private int data;
  private int seen;
  private final Work work = new Work("work", () -> seen = data);

  public QueueWhileRunningInOrder() {
    queue.schedule(work);
  }

  @Actor
  public void caller() {
    data = 1;
    queue.schedule(work);
  }

  @Actor
  public void worker() {
    var unused = queue.runNext();
  }

  @Arbiter
  public void afterwards(I_Result result) {
    queue.runAll();
    result.r1 = seen;
  }
}
