package org.irqbypass.concurrency.posted;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** Two devices post a vector each. Result: notifications; interrupts that the guest takes. */
@JCStressTest
@Outcome(
    id = "1, 2",
    expect = ACCEPTABLE,
    desc = "Whoever set ON notified; both vectors are in the bitmap.")
@Outcome(expect = FORBIDDEN, desc = "A vector is lost, or its notification.")
@State
public class PostTwoVectors extends PostingVcpu {
  private static final int OTHER = 0x82; // of another word

  @Actor
  public void device1() {
    descriptor.post(VECTOR);
  }

  @Actor
  public void device2() {
    descriptor.post(OTHER);
  }

  @Arbiter
  public void guest(II_Result result) {
    result.r1 = notifications();
    result.r2 = takeAll();
  }
}
