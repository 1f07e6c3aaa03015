package org.irqbypass.concurrency.posted;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZI_Result;

/**
 * A device posts while the vCPU, which slept, is loaded on another physical CPU. Result: whether ON
 * is set; interrupts that the guest takes.
 */
@JCStressTest
@Outcome(
    id = "true, 1",
    expect = ACCEPTABLE,
    desc = "Notified here or there, and ON says so to whoever loads the vCPU.")
@Outcome(
    expect = FORBIDDEN,
    desc = "The notification went to where the vCPU no longer is, and ON does not say so.")
@State
public class PostAndLoadElsewhere extends PostingVcpu {
  public PostAndLoadElsewhere() {
    var unused = vcpu.block();
  }

  @Actor
  public void device() {
    descriptor.post(VECTOR);
  }

  @Actor
  public void scheduler() {
    vcpu.load(1);
  }

  @Arbiter
  public void guest(ZI_Result result) {
    result.r1 = descriptor.isOutstanding();
    result.r2 = takeAll();
  }
}
