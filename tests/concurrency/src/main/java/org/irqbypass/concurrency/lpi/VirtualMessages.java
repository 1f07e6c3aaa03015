package org.irqbypass.concurrency.lpi;

import org.irqbypass.host.HostInterrupts;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.VirtualLpiPlatform;
import org.irqbypass.kvm.arm64.GicHardware;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.ConnectPolicy;

/** On a host that delivers a device's messages to guests by itself. */
class VirtualMessages extends TranslatedEventfd {
  /** The device's message; its handler signals the eventfd. */
  final HostIrq irq;

  VirtualMessages() {
    super(new VirtualLpiPlatform("arm64-gicv4"), GicHardware.GICV4);
    irq = new HostInterrupts(platform, waiter, trace).allocateMessage("nic");
    irq.request(
        fired -> {
          eventfd.signal();
          return true;
        },
        true);
    kernel.registry().register(new BypassProducer(irq, ConnectPolicy.OPPORTUNISTIC) {}, eventfd);
  }
}
