package org.irqbypass.concurrency.hostirq;

import org.irqbypass.concurrency.SpinningWaits;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.RemappedPlatform;
import org.irqbypass.host.Trigger;
import org.irqbypass.trace.Tracepoints;

/**
 * A wired host interrupt, and how often its handler ran. The handler counts in plain memory, in two
 * steps: two threads in it at once, or a reader while it runs, would show.
 */
class CountedIrq {
  final HostIrq irq;
  private int begun;
  private int ended;

  CountedIrq(Trigger trigger) {
    irq =
        new HostIrq(
            1,
            "irq",
            trigger,
            new RemappedPlatform("remapped"),
            new SpinningWaits(),
            Tracepoints.untimed());
  }

  final boolean handle(HostIrq fired) {
    begun++;
    fired.setLine(false);
    ended++;
    return true;
  }

  /** How often the handler ran; -1 if it is running. */
  final int handled() {
    return begun == ended ? ended : -1;
  }
}
