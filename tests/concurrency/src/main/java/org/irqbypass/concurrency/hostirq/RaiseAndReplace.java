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
 * A message while the driver frees the interrupt and installs another handler. Result: what became
 * of the message; runs of the old handler, seen after it was freed; runs of the new one.
 */
@JCStressTest
@Outcome(
    id = "HANDLED, 1, 0",
    expect = ACCEPTABLE,
    desc = "By the old handler, which had ended when the interrupt was free.")
@Outcome(id = "HANDLED, 0, 1", expect = ACCEPTABLE, desc = "By the new handler.")
@Outcome(
    id = "UNTRIGGERED, 0, 0",
    expect = ACCEPTABLE,
    desc = "Nobody had requested it: a message is gone then, as in Linux.")
@Outcome(
    expect = FORBIDDEN,
    desc = "Handled by nobody or by both, or the old handler runs on after it was freed.")
@State
public class RaiseAndReplace extends MessageIrq {
  private int old;
  private int fresh;

  public RaiseAndReplace() {
    irq.request(
        fired -> {
          old++;
          return true;
        },
        true);
  }

  @Actor
  public void device(LII_Result result) {
    result.r1 = irq.raise();
  }

  @Actor
  public void driver(LII_Result result) {
    irq.free();
    result.r2 = old;
    irq.request(
        fired -> {
          fresh++;
          return true;
        },
        true);
  }

  @Arbiter
  public void afterwards(LII_Result result) {
    result.r2 = result.r2 == old ? old : -1;
    result.r3 = fresh;
  }
}
