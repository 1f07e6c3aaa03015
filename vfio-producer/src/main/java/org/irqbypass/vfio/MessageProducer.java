package org.irqbypass.vfio;

import org.irqbypass.errno.Errno;
import org.irqbypass.host.HostIrq;
import org.irqbypass.registry.BypassConsumer;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.BypassReason;
import org.irqbypass.registry.BypassRefusal;
import org.irqbypass.registry.Callback;
import org.irqbypass.registry.ConnectPolicy;

/**
 * The producer of an MSI or MSI-X. Linux's has no callbacks; this one only sees to it that an
 * automatic and an explicit pairing do not program one host interrupt.
 */
public final class MessageProducer extends BypassProducer {
  private final VfioInterrupt interrupt;

  /**
   * Makes a producer that is not registered.
   *
   * @param interrupt whose
   * @param irq its host interrupt
   * @param policy of the registration
   */
  public MessageProducer(VfioInterrupt interrupt, HostIrq irq, ConnectPolicy policy) {
    super(irq, policy);
    this.interrupt = interrupt;
  }

  @Override
  protected boolean has(Callback callback) {
    return callback == Callback.ADD || callback == Callback.DELETE;
  }

  @Override
  protected int addConsumer(BypassConsumer consumer) {
    if (!interrupt.connect(this)) {
      throw new BypassRefusal(
          Errno.EBUSY, BypassReason.PEER_REFUSED, interrupt + " is bypassed by another pairing");
    }
    return 0;
  }

  @Override
  protected void delConsumer(BypassConsumer consumer) {
    interrupt.disconnected(this);
  }

  @Override
  protected BypassReason connectedReason() {
    return irq().platform().bypass().deliversMessages()
        ? BypassReason.BYPASSED
        : BypassReason.HARDWARE_CANNOT;
  }

  @Override
  public String toString() {
    return "producer of " + interrupt;
  }
}
