package org.irqbypass.concurrency.lpi;

import org.irqbypass.host.ForwardingPlatform;
import org.irqbypass.kvm.arm64.GicHardware;

/** On a host whose messages software injects. */
class Messages extends TranslatedEventfd {
  Messages() {
    super(new ForwardingPlatform("arm64-gicv3"), GicHardware.GICV3);
  }
}
