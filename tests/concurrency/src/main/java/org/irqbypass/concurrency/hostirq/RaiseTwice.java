package org.irqbypass.concurrency.hostirq;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.irqbypass.host.Trigger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** Two edges at once. Result: how often the handler ran. */
@JCStressTest
@Outcome(
    id = "2",
    expect = ACCEPTABLE,
    desc = "One of the two ran it twice, or each ran it once, one after the other.")
@Outcome(expect = FORBIDDEN, desc = "An edge is lost, or the handler ran in two threads at once.")
@State
public class RaiseTwice extends CountedIrq {
  public RaiseTwice() {
    super(Trigger.EDGE);
    irq.request(this::handle, true);
  }

  @Actor
  public void device1() {
    irq.raise();
  }

  @Actor
  public void device2() {
    irq.raise();
  }

  @Arbiter
  public void afterwards(I_Result result) {
    result.r1 = handled();
  }
}
