package org.irqbypass.concurrency.eventfd;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.eventfd.EventfdWaiter;
import org.irqbypass.eventfd.Poll;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/**
 * A signal while a waiter is added, which polls in the same step. Result: whether the poll says
 * that there is something; whether the waiter was woken.
 */
@JCStressTest
@Outcome(id = "true, false", expect = ACCEPTABLE, desc = "Signalled first: the poll says so.")
@Outcome(id = "false, true", expect = ACCEPTABLE, desc = "Added first: woken.")
@Outcome(expect = FORBIDDEN, desc = "Neither, or both: adding and polling were two steps.")
@State
public class SignalAndWaiter extends Counter {
  private volatile boolean woken;

  /** Notes that it was woken. */
  private final class Waiter extends EventfdWaiter {
    @Override
    protected boolean wake(EventfdContext by, int events) {
      woken = true;
      return false;
    }
  }

  @Actor
  public void device() {
    eventfd.signal();
  }

  @Actor
  public void poller(ZZ_Result result) {
    int events = eventfd.addWaiter(new Waiter(), EventfdWaiter.Kind.SHARED);
    result.r1 = (events & Poll.IN) != 0;
  }

  @Arbiter
  public void afterwards(ZZ_Result result) {
    result.r2 = woken;
  }
}
