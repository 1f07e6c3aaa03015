package org.irqbypass.concurrency.hostirq;

import org.irqbypass.concurrency.SpinningWaits;
import org.irqbypass.host.HostInterrupts;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.RemappedPlatform;
import org.irqbypass.trace.Tracepoints;

/** A host interrupt that is a message. */
class MessageIrq {
  final HostIrq irq =
      new HostInterrupts(
              new RemappedPlatform("remapped"), new SpinningWaits(), Tracepoints.untimed())
          .allocateMessage("irq");
}
