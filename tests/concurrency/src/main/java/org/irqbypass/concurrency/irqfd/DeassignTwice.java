package org.irqbypass.concurrency.irqfd;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.irqbypass.concurrency.SpinningWaits;
import org.irqbypass.concurrency.X86Host;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.host.RemappedPlatform;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.work.ExecutorWorkQueue;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/**
 * Two calls unbind one eventfd at once. Result: whether it is still bound when the one returns, and
 * when the other does.
 */
@JCStressTest
@Outcome(
    id = "false, false",
    expect = ACCEPTABLE,
    desc = "Each waits for the end, whoever began it.")
@Outcome(expect = FORBIDDEN, desc = "A call returns before the eventfd can be bound again.")
@State
public class DeassignTwice {
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final SpinningWaits waits = new SpinningWaits();
  private final X86Host host =
      new X86Host(
          new RemappedPlatform("x86-remapped"),
          ConnectPolicy.OPPORTUNISTIC,
          new ExecutorWorkQueue(tasks::add, waits),
          waits,
          () -> {});
  private final EventfdContext eventfd = host.eventfd();
  private final int fd = host.install(eventfd);

  public DeassignTwice() {
    host.vm.irqfd(IrqfdRequest.assign(fd, X86Host.GSI));
  }

  private boolean unbind() {
    host.vm.irqfd(IrqfdRequest.deassign(fd, X86Host.GSI));
    return eventfd.hasPriorityWaiter();
  }

  @Actor
  public void vmm1(ZZ_Result result) {
    result.r1 = unbind();
  }

  @Actor
  public void vmm2(ZZ_Result result) {
    result.r2 = unbind();
  }
}
