package org.irqbypass.concurrency.registry;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** Two calls register one side at once. Result: what each returned. */
@JCStressTest
@Outcome(id = "ok, EINVAL", expect = ACCEPTABLE, desc = "The first call had it.")
@Outcome(id = "EINVAL, ok", expect = ACCEPTABLE, desc = "The second.")
@Outcome(expect = FORBIDDEN, desc = "Both have it or none: the claim is not one step.")
@State
public class RegisterTwice extends Pair {
  @Actor
  public void vfio1(LL_Result result) {
    result.r1 = register(producer);
  }

  @Actor
  public void vfio2(LL_Result result) {
    result.r2 = register(producer);
  }
}
