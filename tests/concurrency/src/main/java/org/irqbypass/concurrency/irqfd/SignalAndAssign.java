package org.irqbypass.concurrency.irqfd;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.irqbypass.concurrency.X86Host;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/** An eventfd is signalled while it is bound. Result: what the guest takes. */
@JCStressTest
@Outcome(
    id = "41",
    expect = ACCEPTABLE,
    desc = "The binding found the count, or the signal found the binding.")
@Outcome(expect = FORBIDDEN, desc = "The signal came between the two looks.")
@State
public class SignalAndAssign extends BoundEventfd {
  public SignalAndAssign() {
    super(X86Host.remapping());
  }

  @Actor
  public void device() {
    eventfd.signal();
  }

  @Actor
  public void vmm() {
    bind();
  }

  @Arbiter
  public void guest(L_Result result) {
    result.r1 = host.takeAll();
  }
}
