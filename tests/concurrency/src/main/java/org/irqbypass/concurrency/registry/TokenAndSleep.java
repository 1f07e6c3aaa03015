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
 * Two calls meet under one token, whose lock one of them has. Result: whether the consumer's call
 * goes to sleep; whether the producer's sees it asleep.
 */
@JCStressTest
@Outcome(id = "false, false", expect = ACCEPTABLE, desc = "The lock was free.")
@Outcome(id = "true, true", expect = ACCEPTABLE, desc = "Its release wakes the other call.")
@Outcome(expect = FORBIDDEN, desc = "The call sleeps, and the release of the lock does not see it.")
@State
public class TokenAndSleep {
  private final NotedWaits waits = new NotedWaits();
  private final Pair pair = new Pair(waits);

  public TokenAndSleep() {
    pair.register(pair.consumer);
  }

  @Actor
  public void vfio() {
    var unused = waits.wouldSleep(() -> pair.register(pair.producer));
  }

  @Actor
  public void kvm(ZZ_Result result) {
    result.r1 = waits.wouldSleep(() -> pair.register(pair.latecomer));
  }

  @Arbiter
  public void afterwards(ZZ_Result result) {
    result.r2 = result.r1 && waits.woken();
  }
}
