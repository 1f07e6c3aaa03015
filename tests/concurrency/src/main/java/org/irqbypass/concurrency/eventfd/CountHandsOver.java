package org.irqbypass.concurrency.eventfd;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JI_Result;

/**
 * A device writes its data and signals; somebody looks at the count, without a lock, and then at
 * the data. Result: the count; the data.
 */
@JCStressTest
@Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "Looked too early.")
@Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "Looked between the two.")
@Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "The count publishes what was written before it.")
@Outcome(expect = FORBIDDEN, desc = "The count is there, the data is not.")
@State
public class CountHandsOver extends Counter {
  private int data;

  @Actor
  public void device() {
    data = 1;
    eventfd.signal();
  }

  @Actor
  public void reader(JI_Result result) {
    result.r1 = eventfd.count();
    result.r2 = data;
  }
}
