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
 * A level rises while the driver masks and unmasks; the handler lowers it. Result: how often the
 * handler ran.
 */
@JCStressTest
@Outcome(id = "1", expect = ACCEPTABLE, desc = "Once for one rise, at once or at the unmasking.")
@Outcome(
    expect = FORBIDDEN,
    desc = "The level is high and nobody handles it, or it is handled after it fell.")
@State
public class LineAndMask extends CountedIrq {
  public LineAndMask() {
    super(Trigger.LEVEL);
    irq.request(this::handle, true);
  }

  @Actor
  public void device() {
    irq.setLine(true);
  }

  @Actor
  public void driver() {
    irq.disableNosync();
    irq.enable();
  }

  @Arbiter
  public void afterwards(I_Result result) {
    result.r1 = handled();
  }
}
