package org.irqbypass.concurrency.eventfd;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJ_Result;

/** A signal while the eventfd is read. Result: what was read; what is left. */
@JCStressTest
@Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Read first.")
@Outcome(id = "2, 0", expect = ACCEPTABLE, desc = "Signalled first.")
@Outcome(expect = FORBIDDEN, desc = "A signal is lost, or read twice.")
@State
public class SignalAndRead extends Counter {
  public SignalAndRead() {
    eventfd.signal();
  }

  @Actor
  public void device() {
    eventfd.signal();
  }

  @Actor
  public void reader(JJ_Result result) {
    result.r1 = eventfd.read();
  }

  @Arbiter
  public void afterwards(JJ_Result result) {
    result.r2 = eventfd.count();
  }
}
