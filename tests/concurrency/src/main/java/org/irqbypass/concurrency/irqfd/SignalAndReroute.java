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

/**
 * An eventfd is signalled while userspace routes its guest interrupt to another vector. Result:
 * what the guest takes.
 */
@JCStressTest
@Outcome(id = "41", expect = ACCEPTABLE, desc = "By the route before.")
@Outcome(id = "52", expect = ACCEPTABLE, desc = "By the route after.")
@Outcome(expect = FORBIDDEN, desc = "By neither, or by both.")
@State
public class SignalAndReroute extends BoundEventfd {
  public SignalAndReroute() {
    super(X86Host.remapping());
    bind();
  }

  @Actor
  public void device() {
    eventfd.signal();
  }

  @Actor
  public void vmm() {
    host.vm.setGsiRouting(X86Host.route(AFTER), 0);
  }

  @Arbiter
  public void guest(L_Result result) {
    result.r1 = host.takeAll();
  }
}
