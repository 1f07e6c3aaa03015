package org.irqbypass.concurrency.hostirq;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.irqbypass.concurrency.NotedWaits;
import org.irqbypass.concurrency.SpinningWaits;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.RemappedPlatform;
import org.irqbypass.host.Trigger;
import org.irqbypass.trace.Tracepoints;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/**
 * A driver waits for a handler that is about to end. Result: whether the driver goes to sleep;
 * whether somebody sees it asleep.
 */
@JCStressTest
@Outcome(
    id = "false, false",
    expect = ACCEPTABLE,
    desc = "Nothing was in flight any more, or not yet.")
@Outcome(id = "true, true", expect = ACCEPTABLE, desc = "The end of the handler wakes the driver.")
@Outcome(
    expect = FORBIDDEN,
    desc = "The driver sleeps, and the end of the handler does not see it.")
@State
public class SynchronizeAndEnd {
  private final NotedWaits waits = new NotedWaits();
  private final HostIrq irq =
      new HostIrq(
          1, "irq", Trigger.EDGE, new RemappedPlatform("remapped"), waits, Tracepoints.untimed());

  public SynchronizeAndEnd() {
    irq.request(
        fired -> {
          SpinningWaits.aMoment();
          return true;
        },
        true);
  }

  @Actor
  public void device() {
    irq.raise();
  }

  @Actor
  public void driver(ZZ_Result result) {
    result.r1 = waits.wouldSleep(irq::synchronize);
  }

  @Arbiter
  public void afterwards(ZZ_Result result) {
    result.r2 = result.r1 && waits.woken();
  }
}
