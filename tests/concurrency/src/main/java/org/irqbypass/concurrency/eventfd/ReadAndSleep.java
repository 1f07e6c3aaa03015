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
 * A read while somebody writes what does not fit and would block. Result: whether the writer goes
 * to sleep; whether the read sees it asleep.
 */
@JCStressTest
@Outcome(id = "false, false", expect = ACCEPTABLE, desc = "The writer found room.")
@Outcome(id = "true, true", expect = ACCEPTABLE, desc = "The read wakes the writer.")
@Outcome(expect = FORBIDDEN, desc = "The writer sleeps although there is room.")
@State
public class ReadAndSleep extends Counter {
  public ReadAndSleep() {
    eventfd.write(-2); // the most that a write reaches
  }

  @Actor
  public void reader() {
    var unused = eventfd.read();
  }

  @Actor
  public void writer(ZZ_Result result) {
    result.r1 = waits.wouldSleep(() -> eventfd.write(1));
  }

  @Arbiter
  public void afterwards(ZZ_Result result) {
    result.r2 = result.r1 && waits.woken();
  }
}
