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
 * A device posts while the guest takes another vector. Result: taken by the guest; taken when it
 * looks again; notifications.
 */
@JCStressTest
@Outcome(id = "2, 0, 1", expect = ACCEPTABLE, desc = "Both were there while ON was set.")
@Outcome(
    id = "1, 1, 2",
    expect = ACCEPTABLE,
    desc = "The second came after the taking, and notified.")
@Outcome(
    id = "2, 0, 2",
    expect = ACCEPTABLE,
    desc =
        "It came later and was found too, or its notification was for nothing: the bit was taken just before ON was set.")
@Outcome(expect = FORBIDDEN, desc = "The second vector stays behind without a notification.")
@State
public class PostAnotherAndTake extends PostingVcpu {
  private static final int OTHER = 0x42; // of the same word

  public PostAnotherAndTake() {
    descriptor.post(VECTOR);
  }

  @Actor
  public void device() {
    descriptor.post(OTHER);
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
