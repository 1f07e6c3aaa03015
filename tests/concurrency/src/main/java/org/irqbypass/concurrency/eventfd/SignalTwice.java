package org.irqbypass.concurrency.eventfd;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.J_Result;

/** Two signals. Result: the count. */
@JCStressTest
@Outcome(id = "2", expect = ACCEPTABLE, desc = "Both count.")
@Outcome(expect = FORBIDDEN, desc = "A signal is lost.")
@State
public class SignalTwice extends Counter {
  @Actor
  public void device1() {
    eventfd.signal();
  }

  @Actor
  public void device2() {
    eventfd.signal();
  }

  @Arbiter
  public void afterwards(J_Result result) {
    result.r1 = eventfd.count();
  }
}
