package org.irqbypass.concurrency.work;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.irqbypass.concurrency.NotedWaits;
import org.irqbypass.concurrency.SpinningWaits;
import org.irqbypass.work.ExecutorWorkQueue;
import org.irqbypass.work.Work;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/**
 * A flush waits for a run that is about to end. Result: whether it goes to sleep; whether the end
 * of the run sees it asleep.
 */
@JCStressTest
@Outcome(
    id = "false, false",
    expect = ACCEPTABLE,
    desc = "The flush ran the work, or the run had ended.")
@Outcome(id = "true, true", expect = ACCEPTABLE, desc = "The end of the run wakes it.")
@Outcome(expect = FORBIDDEN, desc = "It sleeps, and the end of the run does not see it.")
@State
public class RunAndSleep {
  private final NotedWaits waits = new NotedWaits();
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final ExecutorWorkQueue queue = new ExecutorWorkQueue(tasks::add, waits);
  private final Work work = new Work("work", SpinningWaits::aMoment);

  public RunAndSleep() {
    queue.schedule(work);
  }

  @Actor
  public void worker() {
    var unused = waits.wouldSleep(tasks.remove());
  }

  @Actor
  public void caller(ZZ_Result result) {
    result.r1 = waits.wouldSleep(() -> queue.flush(work));
  }

  @Arbiter
  public void afterwards(ZZ_Result result) {
    result.r2 = result.r1 && waits.woken();
  }
}
