package org.irqbypass.registry;

import org.irqbypass.host.HostIrq;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.work.Work;
import org.jspecify.annotations.Nullable;

/**
 * The host driver's side of one interrupt ({@code struct irq_bypass_producer}, {@code
 * include/linux/irqbypass.h}): which host interrupt signals the token. All callbacks are optional
 * and are called with the token's lock held, on the registering thread.
 */
public abstract non-sealed class BypassProducer extends BypassSide {
  private final HostIrq irq;

  /** Set by {@link BypassRegistry#retry} while a connect may be under way, so none is missed. */
  volatile boolean retryRequested;

  @Nullable Work retry;

  /**
   * Makes a producer that is not registered.
   *
   * @param irq the host interrupt
   * @param policy what happens when it cannot be connected
   */
  protected BypassProducer(HostIrq irq, ConnectPolicy policy) {
    super(policy);
    this.irq = irq;
  }

  /**
   * The host interrupt that a consumer programs.
   *
   * @return the interrupt this producer was made for
   */
  public final HostIrq irq() {
    return irq;
  }

  @Override
  final @Nullable BypassSide other(BypassToken token) {
    return token.consumer;
  }

  /**
   * A consumer has come.
   *
   * @param consumer the peer
   * @return 0 to accept; a positive number refuses and is returned from register as it is; a
   *     negated errno refuses as if that errno were thrown
   * @throws org.irqbypass.errno.ErrnoException refuses with that errno
   */
  protected int addConsumer(BypassConsumer consumer) {
    return 0;
  }

  /**
   * The consumer goes, or refused after this side had accepted.
   *
   * @param consumer the peer
   */
  protected void delConsumer(BypassConsumer consumer) {}

  @Override
  public void writeTo(FingerprintSink sink) {
    super.writeTo(sink);
    sink.put(retryRequested).putReference(retry);
  }
}
