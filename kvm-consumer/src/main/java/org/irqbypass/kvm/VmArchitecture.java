package org.irqbypass.kvm;

import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.trace.Fingerprinted;

/**
 * The architecture's part of one VM ({@code struct kvm_arch}): its interrupt controllers. {@link
 * Vm} calls it; calls that configure come one at a time, under the VM's lock, where that is said.
 * Implementations are safe for use from many threads.
 */
public interface VmArchitecture extends Fingerprinted {
  /**
   * Whether a vCPU may be made, before it is known whether its number is taken ({@code
   * kvm_arch_vcpu_precreate()}). Under the VM's lock. Returns if so.
   *
   * @param id 0 to {@link Kvm#MAX_VCPUS} - 1, perhaps taken
   * @throws ErrnoException {@code EINVAL}, {@code EBUSY}: this VM can have no such vCPU (any more)
   */
  default void checkVcpu(int id) {}

  /**
   * Makes a vCPU ({@code kvm_arch_vcpu_create()}). Under the VM's lock.
   *
   * @param id is not taken, 0 to {@link Kvm#MAX_VCPUS} - 1
   * @return a vCPU that is not yet part of the VM
   * @throws ErrnoException {@code EINVAL}, {@code ENODEV}, {@code EBUSY}: this VM can have no such
   *     vCPU (any more)
   */
  Vcpu createVcpu(int id);

  /**
   * Makes the in-kernel interrupt controllers ({@code KVM_CREATE_IRQCHIP}). Under the VM's lock.
   *
   * @throws ErrnoException {@code EEXIST}: there are some; {@code EINVAL}: too late, or not on this
   *     architecture
   */
  default void createIrqchip() {
    throw new ErrnoException(Errno.EINVAL, "this architecture has no KVM_CREATE_IRQCHIP");
  }

  /**
   * Makes the local interrupt controllers only; userspace has the rest ({@code
   * KVM_CAP_SPLIT_IRQCHIP}). Under the VM's lock.
   *
   * @param pins how many GSIs are reserved for userspace's controllers
   * @throws ErrnoException {@code EEXIST}: there are some, or vCPUs; {@code EINVAL}: too many pins,
   *     or not on this architecture
   */
  default void enableSplitIrqchip(int pins) {
    throw new ErrnoException(Errno.EINVAL, "this architecture has no split irqchip");
  }

  /**
   * Whether a routing table may be set now ({@code kvm_arch_can_set_irq_routing()}).
   *
   * @return false where {@code KVM_SET_GSI_ROUTING} fails with {@code EINVAL}
   */
  boolean canSetIrqRouting();

  /**
   * Whether the interrupt controller is initialized ({@code kvm_arch_intc_initialized()}).
   *
   * @return false where an irqfd is refused with {@code EAGAIN}
   */
  boolean isInterruptControllerReady();

  /**
   * Whether irqfds are possible ({@code kvm_arch_irqfd_allowed()}).
   *
   * @param resample for an irqfd with a resample eventfd
   * @return false where it is refused with {@code EINVAL}
   */
  boolean allowsIrqfd(boolean resample);

  /**
   * Checks an entry of a routing table and prepares it for use ({@code kvm_set_routing_entry()}).
   * The core has checked the gsi and the flags.
   *
   * @param entry what userspace gave
   * @return the entry, ready to inject
   * @throws ErrnoException {@code EINVAL}: no such kind, controller or pin, or a malformed message
   */
  Route route(RoutingEntry entry);

  /**
   * {@code KVM_IRQ_LINE} and {@code KVM_IRQ_LINE_STATUS}.
   *
   * @param irq x86: a GSI; Arm: type, vCPU and number in one word
   * @param level 0 or not 0
   * @param lineStatus whether the caller wants the status
   * @return how many CPUs were reached; 0: coalesced; below 0: ignored
   * @throws ErrnoException {@code ENXIO}: no in-kernel interrupt controller; others as the
   *     architecture says
   */
  int irqLine(int irq, int level, boolean lineStatus);

  /**
   * {@code KVM_SIGNAL_MSI}. The core has checked the flags.
   *
   * @param msi the message
   * @return above 0: delivered; 0: the guest does not take it
   * @throws ErrnoException {@code EINVAL}: no in-kernel controller for it, or malformed; {@code
   *     EPERM}: no such destination; others as the architecture says
   */
  int signalMsi(Msi msi);

  /**
   * Makes what programs a host interrupt for one consumer: the architecture's bypass hooks with
   * their state ({@code kvm_arch_irq_bypass_*()}).
   *
   * @param consumer registered or about to be
   * @return a path that has no producer
   */
  BypassPath bypassPath(VmConsumer consumer);

  /**
   * Whether consumers are worth registering ({@code kvm_arch_has_irq_bypass()}).
   *
   * @return false where nothing on this host can bypass
   */
  boolean canBypass();

  /**
   * {@code KVM_CHECK_EXTENSION}.
   *
   * @param capability {@code KVM_CAP_*}
   * @return 0 if not there; otherwise 1 or the capability's value
   */
  int checkExtension(int capability);

  /**
   * An irqfd's signal has no only route, so that a work item has to look ({@code
   * kvm_arch_set_irq_inatomic()} of a route without type). Called inside an eventfd's wake-up.
   *
   * @param level 0 or not 0
   */
  default void setUnroutedInAtomic(int level) {}

  /** Who wants to be told of guest acknowledgements has changed. */
  default void ackNotifiersChanged() {}

  /** Another routing table is in force. Under the VM's lock. */
  default void routingChanged() {}

  /**
   * The VM is gone: nothing refers to it any more ({@code kvm_arch_destroy_vm()}). Its devices are
   * destroyed next.
   */
  default void destroy() {}
}
