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
 * A device interrupts while userspace takes its vector's eventfd away; hardware posts it until
 * then. Result: what became of the message; what the guest takes.
 */
@JCStressTest
@Outcome(id = "POSTED, 41", expect = ACCEPTABLE, desc = "By hardware, before.")
@Outcome(
    id = "HANDLED, 41",
    expect = ACCEPTABLE,
    desc = "The pairing had ended, the handler was still there: through the eventfd.")
@Outcome(
    id = "PENDING, ",
    expect = ACCEPTABLE,
    desc = "The vector is masked by then: the message waits for another trigger.")
@Outcome(expect = FORBIDDEN, desc = "Posted or handled, and lost.")
@State
public class RaiseAndRemoveTrigger extends BoundEventfd {
  private final X86Host.Device device;

  public RaiseAndRemoveTrigger() {
    super(X86Host.posting());
    device = host.device(eventfd);
    bind();
  }

  @Actor
  public void device(LL_Result result) {
    result.r1 = device.raise();
  }

  @Actor
  public void vmm() {
    device.trigger(-1);
  }

  @Arbiter
  public void guest(LL_Result result) {
    result.r2 = host.takeAll();
  }
}
