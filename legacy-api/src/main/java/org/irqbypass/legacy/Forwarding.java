package org.irqbypass.legacy;

import org.irqbypass.kvm.ExplicitForwarding;
import org.irqbypass.registry.BypassRegistry;
import org.irqbypass.registry.PrivateToken;
import org.irqbypass.vfio.VfioInterrupt;

/**
 * One interrupt that userspace has forwarded: two registrations under a token of their own. VFIO
 * keeps the producer, which comes and goes with the host interrupt; the consumer is here.
 *
 * <p>Guarded by the device's lock.
 */
final class Forwarding {
  private final VfioInterrupt interrupt;
  private final ExplicitForwarding consumer;
  private final BypassRegistry registry;

  private Forwarding(
      VfioInterrupt interrupt, ExplicitForwarding consumer, BypassRegistry registry) {
    this.interrupt = interrupt;
    this.consumer = consumer;
    this.registry = registry;
  }

  /**
   * Registers both sides. When this throws, neither is registered.
   *
   * @throws org.irqbypass.errno.ErrnoException why the two could not be connected
   */
  static Forwarding begin(
      VfioInterrupt interrupt, ExplicitForwarding consumer, BypassRegistry registry) {
    boolean begun = false;
    try {
      Forwarding forwarding = new Forwarding(interrupt, consumer, registry);
      PrivateToken token = new PrivateToken(interrupt + " to " + consumer);
      registry.register(consumer, token);
      interrupt.forward(token);
      begun = true;
      return forwarding;
    } finally {
      if (!begun) {
        end(consumer, registry);
      }
    }
  }

  VfioInterrupt interrupt() {
    return interrupt;
  }

  ExplicitForwarding consumer() {
    return consumer;
  }

  int gsi() {
    return consumer.gsi();
  }

  ForwardedInterrupt snapshot() {
    return new ForwardedInterrupt(interrupt, gsi(), consumer.status());
  }

  /** Unregisters both sides; an interrupt in flight is completed once. */
  void end() {
    try {
      if (interrupt.isForwarded()) {
        interrupt.unforward();
      }
    } finally {
      end(consumer, registry);
    }
  }

  private static void end(ExplicitForwarding consumer, BypassRegistry registry) {
    try {
      registry.unregister(consumer);
    } finally {
      consumer.close();
    }
  }
}
