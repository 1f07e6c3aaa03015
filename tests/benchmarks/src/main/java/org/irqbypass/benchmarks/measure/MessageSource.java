package org.irqbypass.benchmarks.measure;

import org.irqbypass.host.HostIrq;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.ConnectPolicy;

/** A host driver's side of a message, which accepts every consumer. */
final class MessageSource extends BypassProducer {
  MessageSource(HostIrq irq) {
    super(irq, ConnectPolicy.OPPORTUNISTIC);
  }

  static MessageSource of(X86Host host, int number) {
    HostIrq irq = host.interrupts.allocateMessage("nic-" + number);
    irq.request(handled -> true, true);
    return new MessageSource(irq);
  }
}
