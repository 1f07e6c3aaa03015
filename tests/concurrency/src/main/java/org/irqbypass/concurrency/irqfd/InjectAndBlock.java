package org.irqbypass.concurrency.irqfd;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.irqbypass.concurrency.X86Host;
import org.irqbypass.kvm.Vcpu;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZL_Result;

/**
 * A message is sent while the guest goes to wait for an interrupt, on a host that posts nothing.
 * Result: whether it went to sleep; whether it sleeps still; what it takes.
 */
@JCStressTest
@Outcome(
    id = "false, false, 41",
    expect = ACCEPTABLE,
    desc = "It found the interrupt, and did not sleep.")
@Outcome(id = "true, false, 41", expect = ACCEPTABLE, desc = "It slept, and the kick woke it.")
@Outcome(expect = FORBIDDEN, desc = "It sleeps with an interrupt pending.")
@State
public class InjectAndBlock extends BoundEventfd {
  public InjectAndBlock() {
    super(X86Host.remapping());
    bind();
  }

  @Actor
  public void device() {
    eventfd.signal();
  }

  @Actor
  public void guest(ZZL_Result result) {
    result.r1 = host.vcpu.block();
  }

  @Arbiter
  public void guestAgain(ZZL_Result result) {
    result.r2 = host.vcpu.scheduling() == Vcpu.Scheduling.BLOCKED;
    result.r3 = host.takeAll();
  }
}
