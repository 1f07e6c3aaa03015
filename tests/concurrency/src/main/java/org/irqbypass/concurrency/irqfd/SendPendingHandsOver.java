package org.irqbypass.concurrency.irqfd;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.irqbypass.concurrency.X86Host;
import org.irqbypass.kvm.Msi;
import org.irqbypass.kvm.x86.X86Vcpu;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * Userspace sends a message that is pending already, for data it wrote meanwhile, while the guest
 * takes the interrupt and reads the data. The data is plain memory. Result: what the guest read
 * last; what it reads when it looks again, -1 if it took nothing.
 */
@JCStressTest
@Outcome(
    id = "1, -1",
    expect = ACCEPTABLE,
    desc = "One interrupt for both, and the guest saw the data.")
@Outcome(
    id = "0, 1",
    expect = ACCEPTABLE,
    desc = "The second interrupt came after the first was taken, and brings the data.")
@Outcome(
    id = "1, 1",
    expect = ACCEPTABLE,
    desc = "The same, and the guest saw the data before it was told.")
@Outcome(expect = FORBIDDEN, desc = "The guest took both, and did not see what the second is for.")
@State
public class SendPendingHandsOver {
  private static final Msi MESSAGE = Msi.of(0xfee00000L, 0x41);

  private final X86Host host = X86Host.remapping();
  private int data;

  public SendPendingHandsOver() {
    send();
  }

  private void send() {
    var unused = host.vm.signalMsi(MESSAGE);
  }

  @Actor
  public void userspace() {
    data = 1;
    send();
  }

  @Actor
  public void guest(II_Result result) {
    result.r1 = takesIt() ? data : -1;
  }

  @Arbiter
  public void guestAgain(II_Result result) {
    result.r2 = takesIt() ? data : -1;
  }

  private boolean takesIt() {
    X86Vcpu vcpu = host.vcpu;
    int vector = vcpu.take();
    if (vector < 0) {
      return false;
    }
    vcpu.end(vector);
    return true;
  }
}
