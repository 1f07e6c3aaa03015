package org.irqbypass.concurrency.posted;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.irqbypass.kvm.Vcpu;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZI_Result;

/**
 * A device posts while the guest goes to wait for an interrupt. Result: whether it went to sleep;
 * whether it sleeps still; interrupts that it takes.
 */
@JCStressTest
@Outcome(
    id = "false, false, 1",
    expect = ACCEPTABLE,
    desc = "It found the interrupt, and did not sleep.")
@Outcome(
    id = "true, false, 1",
    expect = ACCEPTABLE,
    desc = "It slept, and the wake-up vector woke it.")
@Outcome(expect = FORBIDDEN, desc = "It sleeps with an interrupt pending.")
@State
public class PostAndBlock extends PostingVcpu {
  @Actor
  public void device() {
    descriptor.post(VECTOR);
  }

  @Actor
  public void guest(ZZI_Result result) {
    result.r1 = vcpu.block();
  }

  @Arbiter
  public void guestAgain(ZZI_Result result) {
    result.r2 = vcpu.scheduling() == Vcpu.Scheduling.BLOCKED;
    result.r3 = takeAll();
  }
}
