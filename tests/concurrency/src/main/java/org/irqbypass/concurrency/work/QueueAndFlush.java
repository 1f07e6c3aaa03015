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

/** Work is queued while another thread flushes it. Result: runs, all counted in plain memory. */
@JCStressTest
@Outcome(
    id = "1",
    expect = ACCEPTABLE,
    desc = "By the flush or by the executor; queued once, it runs once.")
@Outcome(expect = FORBIDDEN, desc = "It ran twice, or never.")
@State
public class QueueAndFlush extends Executed {
  private int runs;
  private final Work work = new Work("work", () -> runs++);

  @Actor
  public void caller() {
    queue.schedule(work);
  }

  @Actor
  public void flusher() {
    queue.flush(work);
  }

  @Arbiter
  public void afterwards(I_Result result) {
    runAll();
    result.r1 = runs;
  }
}
