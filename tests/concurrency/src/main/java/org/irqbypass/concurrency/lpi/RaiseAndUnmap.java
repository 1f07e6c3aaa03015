package org.irqbypass.concurrency.lpi;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.irqbypass.kvm.arm64.ItsCommand;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/**
 * A device's message is delivered by hardware while the guest drops its translation and makes the
 * same one again, which gives the interrupt back to software. Result: what became of the message;
 * what the guest takes.
 */
@JCStressTest
@Outcome(
    id = "POSTED, ",
    expect = ACCEPTABLE,
    desc = "Before: what hardware has pending is lost with the mapping, as on a GICv4.")
@Outcome(id = "HANDLED, 8192", expect = ACCEPTABLE, desc = "After: through the eventfd.")
@Outcome(expect = FORBIDDEN, desc = "Handled and lost, or posted to what is mapped no more.")
@State
public class RaiseAndUnmap extends VirtualMessages {
  @Actor
  public void device(LL_Result result) {
    result.r1 = irq.raise();
  }

  @Actor
  public void guest() {
    its.execute(new ItsCommand.Discard(DEVICE, 0));
    translate(0);
  }

  @Arbiter
  public void guestAgain(LL_Result result) {
    result.r2 = takeAll(0);
  }
}
