package org.irqbypass.concurrency.posted;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * A device posts again what is pending, while the guest takes it: the bit is tested before it is
 * set. Result: taken by the guest; taken when it looks again; notifications.
 */
@JCStressTest
@Outcome(
    id = "1, 0, 1",
    expect = ACCEPTABLE,
    desc = "The bit was still set: the two interrupts are one.")
@Outcome(
    id = "1, 1, 2",
    expect = ACCEPTABLE,
    desc = "The bit had been taken: a new interrupt, with a notification of its own.")
@Outcome(
    id = "2, 0, 2",
    expect = ACCEPTABLE,
    desc = "The same, and the guest found that one too before it went on.")
@Outcome(
    expect = FORBIDDEN,
    desc = "The second interrupt is neither part of the first nor notified.")
@State
public class PostPendingAndTake extends PostingVcpu {
  public PostPendingAndTake() {
    descriptor.post(VECTOR);
  }

  @Actor
  public void device() {
    descriptor.post(VECTOR);
  }

  @Actor
  public void guest(III_Result result) {
    result.r1 = takeAll();
  }

  @Arbiter
  public void guestAgain(III_Result result) {
    result.r2 = takeAll();
    result.r3 = notifications();
  }
}
