package org.irqbypass.vfio;

import org.irqbypass.errno.Errno;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.trace.TraceEvent;
import org.jspecify.annotations.Nullable;

/** What VFIO tells its listener; each record is named after the Linux function it stands for. */
public sealed interface VfioEvent extends TraceEvent {
  /**
   * {@code vfio_msi_set_vector_signal(vector, fd)} begins.
   *
   * @param device whose vector
   * @param vector which
   * @param fd the new trigger's descriptor as it was asked for, or -1
   */
  record SetVectorSignal(VfioDevice device, int vector, int fd) implements VfioEvent {}

  /**
   * {@code vfio_msi_set_vector_signal} ends.
   *
   * @param device whose vector
   * @param vector which
   * @param result 0 or a negated errno
   */
  record SetVectorSignalReturned(VfioDevice device, int vector, int result) implements VfioEvent {}

  /**
   * {@code vfio_msihandler}: an MSI or MSI-X reached the host.
   *
   * @param trigger what the handler signals
   */
  record MsiHandler(EventfdContext trigger) implements VfioEvent {}

  /**
   * {@code vfio_intx_handler} begins.
   *
   * @param device whose INTx
   */
  record IntxHandler(VfioDevice device) implements VfioEvent {}

  /**
   * {@code vfio_intx_handler} ends.
   *
   * @param device whose INTx
   * @param claimed whether the device had interrupted
   */
  record IntxHandlerReturned(VfioDevice device, boolean claimed) implements VfioEvent {}

  /**
   * {@code vfio_pci_intx_unmask_handler} begins.
   *
   * @param device whose INTx
   */
  record IntxUnmaskHandler(VfioDevice device) implements VfioEvent {}

  /**
   * {@code vfio_pci_intx_unmask_handler} ends.
   *
   * @param device whose INTx
   * @param stillAsserted whether INTx stays masked and its eventfd has to be signalled again
   */
  record IntxUnmaskHandlerReturned(VfioDevice device, boolean stillAsserted) implements VfioEvent {}

  /**
   * {@code vfio_automasked_irq_handler} begins.
   *
   * @param interrupt a level interrupt of a platform device
   */
  record AutomaskedIrqHandler(VfioInterrupt interrupt) implements VfioEvent {}

  /**
   * {@code vfio_automasked_irq_handler} ends.
   *
   * @param interrupt a level interrupt of a platform device
   * @param claimed false where it was masked
   */
  record AutomaskedIrqHandlerReturned(VfioInterrupt interrupt, boolean claimed)
      implements VfioEvent {}

  /**
   * {@code vfio_irq_handler} begins.
   *
   * @param interrupt of a platform device: edge-triggered, or completed by the guest
   */
  record IrqHandler(VfioInterrupt interrupt) implements VfioEvent {}

  /**
   * {@code vfio_irq_handler} ends.
   *
   * @param interrupt of a platform device: edge-triggered, or completed by the guest
   */
  record IrqHandlerReturned(VfioInterrupt interrupt) implements VfioEvent {}

  /**
   * {@code vfio_platform_mask}.
   *
   * @param interrupt what is masked
   */
  record PlatformMask(VfioInterrupt interrupt) implements VfioEvent {}

  /**
   * {@code vfio_platform_unmask}.
   *
   * @param interrupt what is unmasked
   */
  record PlatformUnmask(VfioInterrupt interrupt) implements VfioEvent {}

  /**
   * {@code vfio_platform_mask_handler}: an eventfd masks.
   *
   * @param interrupt what is masked
   */
  record PlatformMaskHandler(VfioInterrupt interrupt) implements VfioEvent {}

  /**
   * {@code vfio_platform_unmask_handler}: an eventfd unmasks.
   *
   * @param interrupt what is unmasked
   */
  record PlatformUnmaskHandler(VfioInterrupt interrupt) implements VfioEvent {}

  /**
   * {@code virqfd_inject}: the deferred half of what an eventfd asked for.
   *
   * @param virqfd whose
   */
  record VirqfdInject(Virqfd virqfd) implements VfioEvent {}

  /**
   * {@code virqfd_shutdown}: an eventfd was detached.
   *
   * @param virqfd which
   */
  record VirqfdShutdown(Virqfd virqfd) implements VfioEvent {}

  /**
   * The kernel log's "irq bypass producer registration fails": the interrupt works, and is not
   * bypassed.
   *
   * @param interrupt whose producer
   * @param producer what could not be registered
   * @param result a negated errno, or the positive number with which a callback refused
   * @param errno the errno, where there is one
   */
  record ProducerRefused(
      VfioInterrupt interrupt, BypassProducer producer, int result, @Nullable Errno errno)
      implements VfioEvent {}

  /**
   * An interrupt got its former trigger back, because a connect that was REQUIRED failed. Linux has
   * no such policy.
   *
   * @param interrupt which
   * @param trigger what it signals again
   */
  record TriggerRestored(VfioInterrupt interrupt, EventfdContext trigger) implements VfioEvent {}
}
