package org.irqbypass.concurrency.irqfd;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.List;
import org.irqbypass.concurrency.X86Host;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/**
 * Hardware posts a message while userspace takes the route away and makes another. Result: what the
 * guest takes.
 */
@JCStressTest
@Outcome(id = "41", expect = ACCEPTABLE, desc = "By the route before.")
@Outcome(
    id = "52",
    expect = ACCEPTABLE,
    desc = "By the route after: at once, or when the deferred injection ran.")
@Outcome(
    expect = FORBIDDEN,
    desc =
        "Lost: deferred work that finds no route any more would have been, but it runs afterwards.")
@State
public class RaiseAndUnroute extends BoundEventfd {
  private final X86Host.Device device;

  public RaiseAndUnroute() {
    super(X86Host.posting());
    device = host.device(eventfd);
    bind();
  }

  @Actor
  public void device() {
    var unused = device.raise();
  }

  @Actor
  public void vmm() {
    host.vm.setGsiRouting(List.of(), 0);
    host.vm.setGsiRouting(X86Host.route(AFTER), 0);
  }

  @Arbiter
  public void guest(L_Result result) {
    result.r1 = host.takeAll();
  }
}
