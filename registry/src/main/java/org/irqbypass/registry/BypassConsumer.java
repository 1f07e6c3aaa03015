package org.irqbypass.registry;

import org.jspecify.annotations.Nullable;

/**
 * The hypervisor's side of one interrupt ({@code struct irq_bypass_consumer}, {@code
 * include/linux/irqbypass.h}): what the token becomes in a guest. Adding and deleting a producer
 * are mandatory; all callbacks are called with the token's lock held, on the registering thread.
 */
public abstract non-sealed class BypassConsumer extends BypassSide {
  /**
   * Makes a consumer that is not registered.
   *
   * @param policy what happens when it cannot be connected
   */
  protected BypassConsumer(ConnectPolicy policy) {
    super(policy);
  }

  @Override
  final @Nullable BypassSide other(BypassToken token) {
    return token.producer;
  }

  /**
   * A producer has come: program its host interrupt.
   *
   * @param producer the peer
   * @return 0 to accept; a positive number refuses and is returned from register as it is; a
   *     negated errno refuses as if that errno were thrown
   * @throws org.irqbypass.errno.ErrnoException refuses with that errno
   */
  protected abstract int addProducer(BypassProducer producer);

  /**
   * The producer goes: give its host interrupt back to the host.
   *
   * @param producer the peer
   */
  protected abstract void delProducer(BypassProducer producer);
}
