package org.irqbypass.concurrency.registry;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JIJ_Result;

/**
 * Both sides go at once. Result: pairings; how often the consumer's producer was taken away; what
 * is registered.
 */
@JCStressTest
@Outcome(id = "0, 1, 0", expect = ACCEPTABLE, desc = "Whoever went first parted them.")
@Outcome(expect = FORBIDDEN, desc = "Parted twice or never, or something stays.")
@State
public class UnregisterBoth extends Pair {
  public UnregisterBoth() {
    register(producer);
    register(consumer);
  }

  @Actor
  public void vfio() {
    registry.unregister(producer);
  }

  @Actor
  public void kvm() {
    registry.unregister(consumer);
  }

  @Arbiter
  public void afterwards(JIJ_Result result) {
    result.r1 = registry.connected();
    result.r2 = consumer.taken;
    result.r3 = registry.registered();
  }
}
