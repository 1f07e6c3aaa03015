package org.irqbypass.concurrency.lpi;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.irqbypass.kvm.arm64.ItsCommand;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLL_Result;

/**
 * A device's message is delivered by hardware while the guest moves its LPI to the other vCPU.
 * Result: what became of the message; what each vCPU takes.
 */
@JCStressTest
@Outcome(
    id = "POSTED, , 8192",
    expect = ACCEPTABLE,
    desc = "It went there, or what was pending went along with the LPI.")
@Outcome(expect = FORBIDDEN, desc = "It stayed behind, is lost, came twice, or left the hardware.")
@State
public class RaiseAndMove extends VirtualMessages {
  @Actor
  public void device(LLL_Result result) {
    result.r1 = irq.raise();
  }

  @Actor
  public void guest() {
    its.execute(new ItsCommand.Movi(DEVICE, 0, 1));
  }

  @Arbiter
  public void guests(LLL_Result result) {
    result.r2 = takeAll(0);
    result.r3 = takeAll(1);
  }
}
