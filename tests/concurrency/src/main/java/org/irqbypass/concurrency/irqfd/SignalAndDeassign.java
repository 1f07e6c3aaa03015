package org.irqbypass.concurrency.irqfd;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.irqbypass.concurrency.X86Host;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LJ_Result;

/**
 * An eventfd is signalled while it is unbound. Result: what the guest takes; the count that is
 * left.
 */
@JCStressTest
@Outcome(id = "41, 0", expect = ACCEPTABLE, desc = "Signalled first: injected.")
@Outcome(id = ", 1", expect = ACCEPTABLE, desc = "Unbound first: it stays for whoever reads.")
@Outcome(
    expect = FORBIDDEN,
    desc = "The unbinding takes a count that it does not inject, or both happen.")
@State
public class SignalAndDeassign extends BoundEventfd {
  public SignalAndDeassign() {
    super(X86Host.remapping());
    bind();
  }

  @Actor
  public void device() {
    eventfd.signal();
  }

  @Actor
  public void vmm() {
    unbind();
  }

  @Arbiter
  public void guest(LJ_Result result) {
    result.r1 = host.takeAll();
    result.r2 = eventfd.count();
  }
}
