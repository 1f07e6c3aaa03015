package org.irqbypass.concurrency.posted;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** Two devices post the same vector. Result: notifications; interrupts that the guest takes. */
@JCStressTest
@Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Who set the bit notified; the other coalesced.")
@Outcome(expect = FORBIDDEN, desc = "Notified twice or never, or lost.")
@State
public class PostTwice extends PostingVcpu {
  @Actor
  public void device1() {
    descriptor.post(VECTOR);
  }

  @Actor
  public void device2() {
    descriptor.post(VECTOR);
  }

  @Arbiter
  public void guest(II_Result result) {
    result.r1 = notifications();
    result.r2 = takeAll();
  }
}
