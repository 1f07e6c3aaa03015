package org.irqbypass.concurrency.posted;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A device posts again what is pending, for data it wrote meanwhile, while the guest takes the
 * interrupt and reads the data. The data is plain memory. Result: what the guest read last; what it
 * reads when it looks again, -1 if it took nothing.
 */
@JCStressTest
@Outcome(
    id = "1, -1",
    expect = ACCEPTABLE,
    desc = "One interrupt for both, and the guest saw the data.")
@Outcome(
    id = "0, 1",
    expect = ACCEPTABLE,
    desc = "The second interrupt came after the first was taken, and brings the data.")
@Outcome(
    id = "1, 1",
    expect = ACCEPTABLE,
    desc = "The same, and the guest saw the data before it was told.")
@Outcome(
    id = "0, -1",
    expect = ACCEPTABLE_INTERESTING,
    desc =
        "A bit that is not written publishes nothing by itself: who posts for a device fences"
            + " first, as HostIrq does by counting.")
@Outcome(expect = FORBIDDEN, desc = "An interrupt for nothing, or data that comes and goes.")
@State
public class PostPendingHandsOver extends PostingVcpu {
  private int data;

  public PostPendingHandsOver() {
    descriptor.post(VECTOR);
  }

  @Actor
  public void device() {
    data = 1;
    descriptor.post(VECTOR);
  }

  @Actor
  public void guest(II_Result result) {
    result.r1 = takeAll() == 0 ? -1 : data;
  }

  @Arbiter
  public void guestAgain(II_Result result) {
    result.r2 = takeAll() == 0 ? -1 : data;
  }
}
