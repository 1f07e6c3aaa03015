package org.irqbypass.concurrency.registry;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** A producer's status is read while it goes. Result: the status; the status afterwards. */
@JCStressTest
@Outcome(
    id = "CONNECTED BYPASSED, UNREGISTERED NOT_REGISTERED",
    expect = ACCEPTABLE,
    desc = "Before the two parted.")
@Outcome(
    id = "UNREGISTERED NOT_REGISTERED, UNREGISTERED NOT_REGISTERED",
    expect = ACCEPTABLE,
    desc = "After that: the call that ends it counts as its end.")
@Outcome(
    expect = FORBIDDEN,
    desc = "A status of no moment, or not the new one when the call has returned.")
@State
public class StatusWhileUnpairing extends Pair {
  public StatusWhileUnpairing() {
    register(consumer);
    register(producer);
  }

  @Actor
  public void vfio() {
    registry.unregister(producer);
  }

  @Actor
  public void operator(LL_Result result) {
    result.r1 = producer.status().toString();
  }

  @Arbiter
  public void afterwards(LL_Result result) {
    result.r2 = producer.status().toString();
  }
}
