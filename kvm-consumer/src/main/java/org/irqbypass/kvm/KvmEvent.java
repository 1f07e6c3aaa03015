package org.irqbypass.kvm;

import org.irqbypass.trace.TraceEvent;

/** What a VM tells its host's listener. */
public sealed interface KvmEvent extends TraceEvent {
  /**
   * A guest interrupt is driven ({@code kvm_set_irq}).
   *
   * @param vm whose
   * @param gsi the guest interrupt, unsigned
   * @param level 0 or not 0
   * @param source who drives the line
   */
  record SetIrq(Vm vm, int gsi, int level, int source) implements KvmEvent {}

  /**
   * The guest acknowledged an interrupt of an in-kernel controller ({@code kvm_ack_irq}).
   *
   * @param vm whose
   * @param irqchip which controller
   * @param pin which pin
   */
  record AckIrq(Vm vm, int irqchip, int pin) implements KvmEvent {}

  /**
   * A work item injects what could not be injected in place ({@code irqfd_inject()}).
   *
   * @param irqfd whose
   */
  record IrqfdInject(Irqfd irqfd) implements KvmEvent {}

  /**
   * An irqfd is taken down ({@code irqfd_shutdown()}).
   *
   * @param irqfd whose
   */
  record IrqfdShutdown(Irqfd irqfd) implements KvmEvent {}

  /**
   * The guest acknowledged a resampled interrupt ({@code irqfd_resampler_ack()}).
   *
   * @param vm whose
   * @param gsi the guest interrupt
   */
  record ResamplerAck(Vm vm, int gsi) implements KvmEvent {}

  /**
   * An irqfd leaves its resampler ({@code irqfd_resampler_shutdown()}).
   *
   * @param irqfd whose
   */
  record ResamplerShutdown(Irqfd irqfd) implements KvmEvent {}

  /**
   * {@code kvm_arch_irq_bypass_stop()}.
   *
   * @param consumer which
   */
  record BypassStop(VmConsumer consumer) implements KvmEvent {}

  /**
   * {@code kvm_arch_irq_bypass_start()}.
   *
   * @param consumer which
   */
  record BypassStart(VmConsumer consumer) implements KvmEvent {}

  /**
   * {@code kvm_arch_irq_bypass_add_producer()} begins.
   *
   * @param consumer which
   */
  record BypassAddProducer(VmConsumer consumer) implements KvmEvent {}

  /**
   * {@code kvm_arch_irq_bypass_add_producer()} ends.
   *
   * @param consumer which
   * @param result 0; a positive number; or a negated errno
   */
  record BypassAddProducerReturned(VmConsumer consumer, int result) implements KvmEvent {}

  /**
   * {@code kvm_arch_irq_bypass_del_producer()}.
   *
   * @param consumer which
   */
  record BypassDelProducer(VmConsumer consumer) implements KvmEvent {}

  /**
   * The hardware's layer refused to take an interrupt back ({@code irq bypass consumer
   * unregistration fails} in the kernel's log). The consumer is without its producer all the same.
   *
   * @param consumer which
   * @param result a negated errno
   */
  record BypassDelProducerFailed(VmConsumer consumer, int result) implements KvmEvent {}

  /**
   * {@code kvm_arch_update_irqfd_routing()} begins.
   *
   * @param irqfd whose route changed
   */
  record UpdateIrqfdRouting(Irqfd irqfd) implements KvmEvent {}

  /**
   * {@code kvm_arch_update_irqfd_routing()} ends.
   *
   * @param irqfd whose route changed
   * @param result 0, or a negated errno
   */
  record UpdateIrqfdRoutingReturned(Irqfd irqfd, int result) implements KvmEvent {}
}
