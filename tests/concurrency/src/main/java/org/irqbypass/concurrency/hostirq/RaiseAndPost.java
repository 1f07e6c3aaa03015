package org.irqbypass.concurrency.hostirq;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LII_Result;

/**
 * A message while hardware is told to post it. Result: what became of it; runs of the handler;
 * postings.
 */
@JCStressTest
@Outcome(id = "HANDLED, 1, 0", expect = ACCEPTABLE, desc = "Before the hardware was told.")
@Outcome(id = "POSTED, 0, 1", expect = ACCEPTABLE, desc = "After that.")
@Outcome(expect = FORBIDDEN, desc = "Lost between the two ways, or gone both.")
@State
public class RaiseAndPost extends MessageIrq {
  private int handled;
  private int posted;

  public RaiseAndPost() {
    irq.request(
        fired -> {
          handled++;
          return true;
        },
        true);
  }

  @Actor
  public void device(LII_Result result) {
    result.r1 = irq.raise();
  }

  @Actor
  public void consumer() {
    irq.postThrough(() -> posted++);
  }

  @Arbiter
  public void afterwards(LII_Result result) {
    result.r2 = handled;
    result.r3 = posted;
  }
}
