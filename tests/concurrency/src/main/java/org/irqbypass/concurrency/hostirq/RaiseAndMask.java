package org.irqbypass.concurrency.hostirq;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.irqbypass.host.Trigger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * An edge while the driver masks the interrupt, waits for the handler, and unmasks. Result: how
 * often the handler has run when the interrupt is masked; and afterwards.
 */
@JCStressTest
@Outcome(
    id = "0, 1",
    expect = ACCEPTABLE,
    desc = "Masked first: it waited, and fired at the unmasking.")
@Outcome(
    id = "1, 1",
    expect = ACCEPTABLE,
    desc = "Raised first: its handler had ended when the mask was set.")
@Outcome(expect = FORBIDDEN, desc = "The handler runs while masked, or the edge is lost.")
@State
public class RaiseAndMask extends CountedIrq {
  public RaiseAndMask() {
    super(Trigger.EDGE);
    irq.request(this::handle, true);
  }

  @Actor
  public void device() {
    irq.raise();
  }

  @Actor
  public void driver(II_Result result) {
    irq.disable();
    result.r1 = handled();
    irq.enable();
  }

  @Arbiter
  public void afterwards(II_Result result) {
    result.r2 = handled();
  }
}
