package org.irqbypass.concurrency.registry;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JI_Result;

/** Both sides register at once. Result: pairings; how often the consumer was given its producer. */
@JCStressTest
@Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Whoever came second found the first.")
@Outcome(expect = FORBIDDEN, desc = "Each looked before the other was there, or both connected.")
@State
public class RegisterBoth extends Pair {
  @Actor
  public void vfio() {
    register(producer);
  }

  @Actor
  public void kvm() {
    register(consumer);
  }

  @Arbiter
  public void afterwards(JI_Result result) {
    result.r1 = registry.connected();
    result.r2 = consumer.given;
  }
}
