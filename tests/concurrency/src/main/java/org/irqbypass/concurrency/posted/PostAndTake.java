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
 * A device posts while the guest takes. Result: taken by the guest; taken when it looks again;
 * notifications.
 */
@JCStressTest
@Outcome(id = "1, 0, 1", expect = ACCEPTABLE, desc = "The bit and ON were there: taken.")
@Outcome(
    id = "0, 1, 1",
    expect = ACCEPTABLE,
    desc = "The guest looked too early, and was notified.")
@Outcome(
    expect = FORBIDDEN,
    desc = "The bit stays behind without a notification, or is taken twice.")
@State
public class PostAndTake extends PostingVcpu {
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
