package org.irqbypass.concurrency.registry;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.J_Result;

/**
 * A pairing is refused because its interrupt is active, while the guest completes the interrupt,
 * which asks for another try. Result: pairings once deferred work has run.
 */
@JCStressTest
@Outcome(id = "1", expect = ACCEPTABLE, desc = "Accepted at once, or tried again.")
@Outcome(
    expect = FORBIDDEN,
    desc =
        "The refusal was recorded after the request looked for it, and before nobody looks again.")
@State
public class RetryAndRefuse extends Pair {
  public RetryAndRefuse() {
    producer.irq().request(fired -> true, true);
    producer.irq().forward(true);
    producer.irq().raise(); // stays active
    producer.irq().whenIdle(() -> registry.retry(producer));
    register(producer);
  }

  @Actor
  public void kvm() {
    register(consumer);
  }

  @Actor
  public void guest() {
    producer.irq().deactivate();
  }

  @Arbiter
  public void afterwards(J_Result result) {
    work.runAll();
    result.r1 = registry.connected();
  }
}
