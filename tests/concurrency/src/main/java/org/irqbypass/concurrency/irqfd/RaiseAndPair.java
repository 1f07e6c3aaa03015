package org.irqbypass.concurrency.irqfd;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.irqbypass.concurrency.X86Host;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/**
 * A device interrupts while its eventfd is bound, which pairs the two. Result: what became of the
 * message; what the guest takes.
 */
@JCStressTest
@Outcome(id = "HANDLED, 41", expect = ACCEPTABLE, desc = "Before the pairing, through the eventfd.")
@Outcome(id = "POSTED, 41", expect = ACCEPTABLE, desc = "After it, by hardware.")
@Outcome(expect = FORBIDDEN, desc = "Lost on the way from one to the other.")
@State
public class RaiseAndPair extends BoundEventfd {
  private final X86Host.Device device;

  public RaiseAndPair() {
    super(X86Host.posting());
    device = host.device(eventfd);
  }

  @Actor
  public void device(LL_Result result) {
    result.r1 = device.raise();
  }

  @Actor
  public void vmm() {
    bind();
  }

  @Arbiter
  public void guest(LL_Result result) {
    result.r2 = host.takeAll();
  }
}
