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
 * A pending edge is masked twice; one mask is lifted while the other is lifted, set and lifted.
 * Result: how often the handler ran.
 */
@JCStressTest
@Outcome(id = "1", expect = ACCEPTABLE, desc = "By whoever lifted the last mask.")
@Outcome(expect = FORBIDDEN, desc = "The depth went wrong: never unmasked, or fired under a mask.")
@State
public class UnmaskNested extends CountedIrq {
  public UnmaskNested() {
    super(Trigger.EDGE);
    irq.request(this::handle, false);
    irq.disableNosync();
    irq.raise();
  }

  @Actor
  public void driver1() {
    irq.enable();
  }

  @Actor
  public void driver2() {
    irq.disableNosync();
    irq.enable();
    irq.enable();
  }

  @Arbiter
  public void afterwards(I_Result result) {
    result.r1 = handled();
  }
}
