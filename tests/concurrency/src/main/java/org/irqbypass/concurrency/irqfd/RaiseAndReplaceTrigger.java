package org.irqbypass.concurrency.irqfd;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.irqbypass.concurrency.X86Host;
import org.irqbypass.eventfd.EventfdContext;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LJJ_Result;

/**
 * A device interrupts while userspace has its vector signal another eventfd. Result: what became of
 * the message; the count of the old eventfd; of the new one.
 */
@JCStressTest
@Outcome(id = "HANDLED, 1, 0", expect = ACCEPTABLE, desc = "By the old handler.")
@Outcome(id = "HANDLED, 0, 1", expect = ACCEPTABLE, desc = "By the new handler.")
@Outcome(
    id = "PENDING, 0, 1",
    expect = ACCEPTABLE,
    desc = "Between the two the vector is masked; unmasking sent what was pending.")
@Outcome(expect = FORBIDDEN, desc = "Handled, but signalled to neither or to both.")
@State
public class RaiseAndReplaceTrigger extends BoundEventfd {
  private final X86Host.Device device;
  private final EventfdContext other;
  private final int otherFd;

  public RaiseAndReplaceTrigger() {
    super(X86Host.remapping());
    device = host.device(eventfd);
    other = host.eventfd();
    otherFd = host.install(other);
  }

  @Actor
  public void device(LJJ_Result result) {
    result.r1 = device.raise();
  }

  @Actor
  public void vmm() {
    device.trigger(otherFd);
  }

  @Arbiter
  public void afterwards(LJJ_Result result) {
    result.r2 = eventfd.count();
    result.r3 = other.count();
  }
}
