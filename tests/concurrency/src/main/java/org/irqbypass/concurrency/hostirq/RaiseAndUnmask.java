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

/** An edge while the driver unmasks the interrupt. Result: how often the handler ran. */
@JCStressTest
@Outcome(
    id = "1",
    expect = ACCEPTABLE,
    desc = "At once, or left pending and replayed by the unmasking.")
@Outcome(expect = FORBIDDEN, desc = "The edge is left pending for nobody, or handled twice.")
@State
public class RaiseAndUnmask extends CountedIrq {
  public RaiseAndUnmask() {
    super(Trigger.EDGE);
    irq.request(this::handle, false);
  }

  @Actor
  public void device() {
    irq.raise();
  }

  @Actor
  public void driver() {
    irq.enable();
  }

  @Arbiter
  public void afterwards(I_Result result) {
    result.r1 = handled();
  }
}
