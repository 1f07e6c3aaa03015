package org.irqbypass.concurrency.lpi;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.irqbypass.kvm.Vcpu;
import org.irqbypass.kvm.arm64.Arm64Vcpu;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZL_Result;

/**
 * A device's message is delivered by hardware while the guest goes to wait for an interrupt.
 * Result: whether it went to sleep; whether it sleeps still; what it takes.
 */
@JCStressTest
@Outcome(
    id = "false, false, 8192",
    expect = ACCEPTABLE,
    desc = "It found the interrupt, and did not sleep.")
@Outcome(id = "true, false, 8192", expect = ACCEPTABLE, desc = "It slept, and the doorbell rang.")
@Outcome(expect = FORBIDDEN, desc = "It sleeps with an interrupt pending.")
@State
public class RaiseAndBlock extends VirtualMessages {
  private final Arm64Vcpu vcpu = (Arm64Vcpu) vm.vcpuById(0);

  @Actor
  public void device() {
    var unused = irq.raise();
  }

  @Actor
  public void guest(ZZL_Result result) {
    result.r1 = vcpu.block();
  }

  @Arbiter
  public void guestAgain(ZZL_Result result) {
    result.r2 = vcpu.scheduling() == Vcpu.Scheduling.BLOCKED;
    result.r3 = takeAll(0);
  }
}
