package org.irqbypass.concurrency.lpi;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/**
 * An eventfd is signalled by a translation that is remembered, while so many others come that they
 * move to a larger table. Result: what the guest takes.
 */
@JCStressTest
@Outcome(id = "8192 8200", expect = ACCEPTABLE, desc = "Both messages.")
@Outcome(id = "8200 8192", expect = ACCEPTABLE, desc = "Both messages, the other one first.")
@Outcome(expect = FORBIDDEN, desc = "One is lost.")
@State
public class SignalAndGrow extends Messages {
  /** Half of the first table: one more, and it grows. */
  private static final int REMEMBERED = 8;

  public SignalAndGrow() {
    send(0);
    for (int event = 1; event < REMEMBERED; event++) {
      translate(event);
      send(event);
    }
    var unused = takeAll(0);
    translate(REMEMBERED);
  }

  @Actor
  public void device() {
    eventfd.signal();
  }

  @Actor
  public void vmm() {
    send(REMEMBERED);
  }

  @Arbiter
  public void guest(L_Result result) {
    result.r1 = takeAll(0);
  }
}
