package org.irqbypass.concurrency.posted;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A device posts while the vCPU is scheduled out and in again. Result: notifications; interrupts
 * that the guest takes.
 */
@JCStressTest
@Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Posted while the vCPU was loaded: notified.")
@Outcome(
    id = "0, 1",
    expect = ACCEPTABLE,
    desc = "Posted while notifications were suppressed: loading found the bit and set ON.")
@Outcome(
    expect = FORBIDDEN,
    desc = "Posted while notifications were suppressed, and not found by loading.")
@State
public class PostAndPreempt extends PostingVcpu {
  @Actor
  public void device() {
    descriptor.post(VECTOR);
  }

  @Actor
  public void scheduler() {
    vcpu.put();
    vcpu.load(0);
  }

  @Arbiter
  public void guest(II_Result result) {
    result.r1 = notifications();
    result.r2 = takeAll();
  }
}
