package org.irqbypass.registry;

import org.irqbypass.errno.Errno;
import org.irqbypass.trace.TraceEvent;
import org.jspecify.annotations.Nullable;

/** What the registry tells its listener. */
public sealed interface RegistryEvent extends TraceEvent {
  /**
   * A call of the registry begins ({@code irq_bypass_register_producer(token)} and so on).
   *
   * @param call which
   * @param side for whom
   * @param token under what
   */
  record Entered(Call call, BypassSide side, @Nullable BypassToken token)
      implements RegistryEvent {}

  /**
   * A registration ends.
   *
   * @param call which
   * @param side for whom
   * @param result 0; a positive number a callback returned; or a negated errno
   */
  record Returned(Call call, BypassSide side, int result) implements RegistryEvent {}

  /**
   * A pairing was made.
   *
   * @param producer one side
   * @param consumer the other
   */
  record Connected(BypassProducer producer, BypassConsumer consumer) implements RegistryEvent {}

  /**
   * A pairing was undone.
   *
   * @param producer one side
   * @param consumer the other
   */
  record Disconnected(BypassProducer producer, BypassConsumer consumer) implements RegistryEvent {}

  /**
   * Two sides met and could not be paired.
   *
   * @param producer one side
   * @param consumer the other
   * @param reason why
   * @param errno what the refusing callback returned; null for a positive number
   * @param willRetry whether the pairing will be attempted again by itself
   */
  record Refused(
      BypassProducer producer,
      BypassConsumer consumer,
      BypassReason reason,
      @Nullable Errno errno,
      boolean willRetry)
      implements RegistryEvent {}

  /** The calls of the registry. */
  enum Call {
    /** {@code irq_bypass_register_producer}. */
    REGISTER_PRODUCER,
    /** {@code irq_bypass_unregister_producer}. */
    UNREGISTER_PRODUCER,
    /** {@code irq_bypass_register_consumer}. */
    REGISTER_CONSUMER,
    /** {@code irq_bypass_unregister_consumer}. */
    UNREGISTER_CONSUMER
  }
}
