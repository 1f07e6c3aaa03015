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

/**
 * An edge while the guest completes the one before, which is forwarded. Result: how often the
 * handler ran.
 */
@JCStressTest
@Outcome(
    id = "2",
    expect = ACCEPTABLE,
    desc = "At once after the completion, or left pending and fired by it.")
@Outcome(expect = FORBIDDEN, desc = "The second edge is left pending for nobody.")
@State
public class RaiseAndComplete extends CountedIrq {
  public RaiseAndComplete() {
    super(Trigger.EDGE);
    irq.request(this::handle, true);
    irq.forward(true);
    irq.raise(); // stays active
  }

  @Actor
  public void device() {
    irq.raise();
  }

  @Actor
  public void guest() {
    irq.deactivate();
  }

  @Arbiter
  public void afterwards(I_Result result) {
    result.r1 = handled();
  }
}
