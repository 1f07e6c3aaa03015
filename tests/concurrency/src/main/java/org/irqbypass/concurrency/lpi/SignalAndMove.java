package org.irqbypass.concurrency.lpi;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.irqbypass.kvm.arm64.ItsCommand;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/**
 * An eventfd is signalled by a translation that is remembered, while the guest moves the LPI to its
 * other vCPU. Result: what each vCPU takes.
 */
@JCStressTest
@Outcome(
    id = ", 8192",
    expect = ACCEPTABLE,
    desc = "It went there, or what was pending went along with the LPI.")
@Outcome(expect = FORBIDDEN, desc = "It stayed behind, is lost, or came twice.")
@State
public class SignalAndMove extends Messages {
  public SignalAndMove() {
    send(0);
    var unused = takeAll(0);
  }

  @Actor
  public void device() {
    eventfd.signal();
  }

  @Actor
  public void guest() {
    its.execute(new ItsCommand.Movi(DEVICE, 0, 1));
  }

  @Arbiter
  public void guests(LL_Result result) {
    result.r1 = takeAll(0);
    result.r2 = takeAll(1);
  }
}
