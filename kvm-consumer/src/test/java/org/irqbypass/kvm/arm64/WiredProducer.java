package org.irqbypass.kvm.arm64;

import org.irqbypass.errno.Errno;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.Trigger;
import org.irqbypass.registry.BypassConsumer;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.BypassReason;
import org.irqbypass.registry.BypassRefusal;
import org.irqbypass.registry.ConnectPolicy;

/** VFIO's side of one wired interrupt, as the series of 2017 has it. */
final class WiredProducer extends BypassProducer {
  private final EventfdContext trigger;
  private boolean forwarded;
  private boolean automasked;
  int completions;

  WiredProducer(HostIrq irq, EventfdContext trigger) {
    super(irq, ConnectPolicy.OPPORTUNISTIC);
    this.trigger = trigger;
  }

  /** Requests the interrupt; a level masks itself while it is being handled. */
  WiredProducer request() {
    irq().request(this::handle, true);
    return this;
  }

  private boolean handle(HostIrq fired) {
    if (!forwarded && fired.trigger() == Trigger.LEVEL) {
      if (automasked) {
        return false;
      }
      automasked = true;
      fired.disableNosync();
    }
    var unused = trigger.signal();
    return true;
  }

  boolean isAutomasked() {
    return automasked;
  }

  /** The resample eventfd was signalled. */
  void unmask() {
    if (automasked) {
      automasked = false;
      irq().enable();
    }
  }

  @Override
  protected void stop() {
    irq().disable();
  }

  @Override
  protected void start() {
    irq().enable();
  }

  @Override
  protected int addConsumer(BypassConsumer consumer) {
    if (irq().isActive() || automasked) {
      throw new BypassRefusal(Errno.EAGAIN, BypassReason.IRQ_ACTIVE, irq() + " is active");
    }
    forwarded = true;
    return 0;
  }

  @Override
  protected void delConsumer(BypassConsumer consumer) {
    forwarded = false;
    if (irq().isActive()) {
      if (irq().trigger() == Trigger.LEVEL) {
        automasked = true;
        irq().disableNosync();
      }
      completions++;
      irq().deactivate();
    }
  }
}
