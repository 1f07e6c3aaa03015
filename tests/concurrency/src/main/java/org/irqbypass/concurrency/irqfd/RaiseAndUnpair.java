package org.irqbypass.concurrency.irqfd;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.irqbypass.concurrency.X86Host;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLJ_Result;

/**
 * A device interrupts while its eventfd is unbound, which ends the pairing. Result: what became of
 * the message; what the guest takes; the count that is left.
 */
@JCStressTest
@Outcome(id = "POSTED, 41, 0", expect = ACCEPTABLE, desc = "By hardware, before.")
@Outcome(
    id = "HANDLED, , 1",
    expect = ACCEPTABLE,
    desc = "After: it stays for whoever reads the eventfd.")
@Outcome(
    expect = FORBIDDEN,
    desc =
        "Lost on the way from one to the other: the irqfd leaves its eventfd before the pairing ends.")
@State
public class RaiseAndUnpair extends BoundEventfd {
  private final X86Host.Device device;

  public RaiseAndUnpair() {
    super(X86Host.posting());
    device = host.device(eventfd);
    bind();
  }

  @Actor
  public void device(LLJ_Result result) {
    result.r1 = device.raise();
  }

  @Actor
  public void vmm() {
    unbind();
  }

  @Arbiter
  public void guest(LLJ_Result result) {
    result.r2 = host.takeAll();
    result.r3 = eventfd.count();
  }
}
