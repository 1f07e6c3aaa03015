package org.irqbypass.kvm;

import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.BypassReason;
import org.jspecify.annotations.Nullable;

/**
 * What an architecture does with one consumer's producer: the hooks of {@code
 * kvm_arch_irq_bypass_*()} and the state they keep. {@link VmConsumer} calls it, one call at a
 * time, with the VM's lock of irqfds held but in {@link #stop()} and {@link #start()}.
 */
public interface BypassPath {
  /** Halts what must not run while the pairing changes. May block. */
  default void stop() {}

  /** Undoes {@link #stop()}. */
  default void start() {}

  /**
   * A producer has come: program its host interrupt for the route, if there is one that allows it.
   * When this throws or returns anything but 0, nothing is kept.
   *
   * @param producer the peer
   * @param route the consumer's only route; null if it has none, or several
   * @return 0; or the positive number with which the hardware's layer refused
   * @throws org.irqbypass.errno.ErrnoException the connect fails with that errno
   */
  int addProducer(BypassProducer producer, @Nullable Route route);

  /**
   * The producer goes: give its host interrupt back to the host, whatever the route is by now. An
   * interrupt in flight is completed exactly once.
   *
   * @param producer the peer
   */
  void delProducer(BypassProducer producer);

  /**
   * The route has changed while a producer is there ({@code kvm_arch_update_irqfd_routing()}).
   *
   * @param producer the peer
   * @param route the new route; null if there is none, or several
   * @return 0, or a negated errno, which Linux drops
   */
  int routeChanged(BypassProducer producer, @Nullable Route route);

  /**
   * Why the hardware does not bypass although there is a producer.
   *
   * @return {@link BypassReason#BYPASSED} if it does
   */
  BypassReason reason();
}
