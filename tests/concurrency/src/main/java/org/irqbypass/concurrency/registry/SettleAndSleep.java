package org.irqbypass.concurrency.registry;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.irqbypass.concurrency.NotedWaits;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/**
 * A second call for a side waits for the first. Result: whether it goes to sleep; whether the first
 * call sees it asleep.
 */
@JCStressTest
@Outcome(
    id = "false, false",
    expect = ACCEPTABLE,
    desc = "The side was settled, or not yet claimed.")
@Outcome(id = "true, true", expect = ACCEPTABLE, desc = "The end of the first call wakes it.")
@Outcome(expect = FORBIDDEN, desc = "It sleeps, and the end of the first call does not see it.")
@State
public class SettleAndSleep {
  private final NotedWaits waits = new NotedWaits();
  private final Pair pair = new Pair(waits);

  public SettleAndSleep() {
    pair.register(pair.consumer);
  }

  @Actor
  public void vfio() {
    pair.register(pair.producer);
  }

  @Actor
  public void vfioAgain(ZZ_Result result) {
    result.r1 = waits.wouldSleep(() -> pair.registry.unregister(pair.producer));
  }

  @Arbiter
  public void afterwards(ZZ_Result result) {
    result.r2 = result.r1 && waits.woken();
  }
}
