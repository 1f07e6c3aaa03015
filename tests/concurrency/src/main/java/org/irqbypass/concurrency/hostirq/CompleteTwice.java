package org.irqbypass.concurrency.hostirq;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.concurrent.atomic.AtomicInteger;
import org.irqbypass.host.Trigger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * The guest completes a forwarded interrupt while the host takes it back and completes it. Result:
 * completions.
 */
@JCStressTest
@Outcome(id = "1", expect = ACCEPTABLE, desc = "Whoever cleared the active state completed it.")
@Outcome(expect = FORBIDDEN, desc = "Completed by both or by neither.")
@State
public class CompleteTwice extends CountedIrq {
  private final AtomicInteger completions = new AtomicInteger();

  public CompleteTwice() {
    super(Trigger.EDGE);
    irq.request(this::handle, true);
    irq.forward(true);
    irq.raise(); // stays active
    irq.whenIdle(completions::incrementAndGet);
  }

  @Actor
  public void guest() {
    irq.deactivate();
  }

  @Actor
  public void host() {
    irq.forward(false);
    irq.deactivate();
  }

  @Arbiter
  public void afterwards(I_Result result) {
    result.r1 = completions.get();
  }
}
