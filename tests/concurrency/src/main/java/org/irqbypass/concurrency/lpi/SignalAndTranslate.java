package org.irqbypass.concurrency.lpi;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/**
 * An eventfd is signalled while its message is translated for the first time, and remembered.
 * Result: what the guest takes.
 */
@JCStressTest
@Outcome(
    id = "8192",
    expect = ACCEPTABLE,
    desc = "At once by what was remembered, or later by the ITS: both merge into one LPI.")
@Outcome(expect = FORBIDDEN, desc = "Half a translation was seen, or the signal is lost.")
@State
public class SignalAndTranslate extends Messages {
  @Actor
  public void device() {
    eventfd.signal();
  }

  @Actor
  public void vmm() {
    send(0);
  }

  @Arbiter
  public void guest(L_Result result) {
    result.r1 = takeAll(0);
  }
}
