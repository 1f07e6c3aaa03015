package org.irqbypass.concurrency.lpi;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.irqbypass.kvm.arm64.ItsCommand;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/**
 * An eventfd is signalled twice while the guest drops its translation and makes the same one again.
 * Result: what the guest takes.
 */
@JCStressTest
@Outcome(
    id = "8192",
    expect = ACCEPTABLE,
    desc = "An LPI outlives its translation while it is pending: the second merges into it.")
@Outcome(
    expect = FORBIDDEN,
    desc = "One became pending that was dropped already, besides the one in its place.")
@State
public class SignalTwiceAndRemap extends Messages {
  public SignalTwiceAndRemap() {
    send(0);
    var unused = takeAll(0);
  }

  @Actor
  public void device() {
    eventfd.signal();
    eventfd.signal();
  }

  @Actor
  public void guest() {
    its.execute(new ItsCommand.Discard(DEVICE, 0));
    translate(0);
  }

  @Arbiter
  public void guestAgain(L_Result result) {
    result.r1 = takeAll(0);
  }
}
