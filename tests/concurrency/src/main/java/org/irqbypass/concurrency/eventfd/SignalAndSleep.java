package org.irqbypass.concurrency.eventfd;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/**
 * A signal while somebody reads and would block. Result: whether the reader goes to sleep; whether
 * the signal sees it asleep.
 */
@JCStressTest
@Outcome(id = "false, false", expect = ACCEPTABLE, desc = "The reader found the count.")
@Outcome(id = "true, true", expect = ACCEPTABLE, desc = "The signal wakes the reader.")
@Outcome(
    expect = FORBIDDEN,
    desc =
        "The reader looks at the count before it is written, and the signal looks for sleepers before there is one.")
@State
public class SignalAndSleep extends Counter {
  @Actor
  public void device() {
    eventfd.signal();
  }

  @Actor
  public void reader(ZZ_Result result) {
    result.r1 = waits.wouldSleep(eventfd::read);
  }

  @Arbiter
  public void afterwards(ZZ_Result result) {
    result.r2 = result.r1 && waits.woken();
  }
}
