package org.irqbypass.concurrency.hostirq;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.irqbypass.host.HostIrq;
import org.irqbypass.host.IrqHandler;
import org.irqbypass.host.Trigger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * An edge while the driver installs its handler. Result: what the handler found in the driver's
 * data.
 */
@JCStressTest
@Outcome(
    id = "1",
    expect = ACCEPTABLE,
    desc = "The handler is seen whole; an edge before it stayed latched, and fired then.")
@Outcome(
    expect = FORBIDDEN,
    desc = "The handler runs before what it needs is visible (0), or the edge is lost (-1).")
@State
public class RaiseAndRequest extends CountedIrq {
  private int found = -1;

  public RaiseAndRequest() {
    super(Trigger.EDGE);
  }

  /** A driver's data; plain. */
  private final class Driver implements IrqHandler {
    private int data;

    @Override
    public boolean handle(HostIrq fired) {
      found = data;
      return true;
    }
  }

  @Actor
  public void device() {
    irq.raise();
  }

  @Actor
  public void driver() {
    Driver driver = new Driver();
    driver.data = 1;
    irq.request(driver, true);
  }

  @Arbiter
  public void afterwards(I_Result result) {
    result.r1 = found;
  }
}
