package org.irqbypass.concurrency.posted;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * A device writes its data and posts; the guest takes the interrupt and reads the data. Result:
 * what the guest read, -1 if it took nothing.
 */
@JCStressTest
@Outcome(
    id = "1",
    expect = ACCEPTABLE,
    desc = "The posted bit publishes what was written before it.")
@Outcome(id = "-1", expect = ACCEPTABLE, desc = "The guest looked too early.")
@Outcome(expect = FORBIDDEN, desc = "The guest takes an interrupt for data that it does not see.")
@State
public class PostHandsOver extends PostingVcpu {
  private int data;

  @Actor
  public void device() {
    data = 1;
    descriptor.post(VECTOR);
  }

  @Actor
  public void guest(I_Result result) {
    result.r1 = takeAll() == 0 ? -1 : data;
  }
}
