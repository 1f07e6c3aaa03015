package org.irqbypass.vfio;

import org.irqbypass.errno.Errno;
import org.irqbypass.host.HostIrq;
import org.irqbypass.registry.BypassConsumer;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.BypassReason;
import org.irqbypass.registry.BypassRefusal;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.trace.FingerprintSink;

/**
 * The producer of a wired interrupt, as in the "direct EOI" series of 2017 that was never merged:
 * stop disables the host interrupt and waits for its handler, start enables it; a consumer is
 * accepted while the interrupt is neither active nor being handled.
 */
final class WiredProducer extends BypassProducer {
  private final WiredInterrupt interrupt;

  /**
   * Whether a stop has disabled the host interrupt; what failed before is not undone by a start.
   */
  private boolean stopped;

  WiredProducer(WiredInterrupt interrupt, HostIrq irq, ConnectPolicy policy) {
    super(irq, policy);
    this.interrupt = interrupt;
  }

  @Override
  protected void stop() {
    irq().disableNosync();
    stopped = true;
    irq().synchronize();
  }

  @Override
  protected void start() {
    if (stopped) {
      stopped = false;
      irq().enable();
    }
  }

  @Override
  protected int addConsumer(BypassConsumer consumer) {
    if (!interrupt.connect(this)) {
      throw new BypassRefusal(
          Errno.EBUSY, BypassReason.PEER_REFUSED, interrupt + " is bypassed by another pairing");
    }
    try {
      interrupt.consumerComes(irq());
    } catch (RuntimeException | Error refused) {
      interrupt.disconnected(this);
      throw refused;
    }
    return 0;
  }

  @Override
  protected void delConsumer(BypassConsumer consumer) {
    try {
      interrupt.consumerGoes(irq());
    } finally {
      interrupt.disconnected(this);
    }
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    super.writeTo(sink);
    sink.put(stopped);
  }

  @Override
  public String toString() {
    return "producer of " + interrupt;
  }
}
