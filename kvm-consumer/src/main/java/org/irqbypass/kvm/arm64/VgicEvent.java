package org.irqbypass.kvm.arm64;

import org.irqbypass.host.HostIrq;
import org.irqbypass.kvm.Route;
import org.irqbypass.kvm.Vm;
import org.irqbypass.trace.TraceEvent;
import org.jspecify.annotations.Nullable;

/** What a vGIC tells its host's listener. */
public sealed interface VgicEvent extends TraceEvent {
  /**
   * A function of the vGIC returned.
   *
   * @param function which
   * @param result 0 or more, or a negated errno
   */
  record Returned(VgicFunction function, int result) implements VgicEvent {}

  /**
   * An interrupt's input is driven ({@code vgic_update_irq_pending}).
   *
   * @param vm whose
   * @param vcpu the vCPU of a private interrupt, otherwise 0
   * @param intid which interrupt; need not exist
   * @param level the new level
   */
  record UpdateIrqPending(Vm vm, int vcpu, int intid, boolean level) implements VgicEvent {}

  /**
   * {@code kvm_arch_set_irq_inatomic()}: an irqfd injects in place.
   *
   * @param level 0 or not 0
   */
  record SetIrqInatomic(int level) implements VgicEvent {}

  /**
   * {@code vgic_irqfd_set_irq()}: a routed SPI is driven.
   *
   * @param level 0 or not 0
   */
  record IrqfdSetIrq(int level) implements VgicEvent {}

  /**
   * {@code kvm_set_msi()}: a routed message is sent.
   *
   * @param level 0 or not 0
   */
  record SetMsi(int level) implements VgicEvent {}

  /** {@code vgic_its_inject_msi()}: a message goes to an ITS. */
  record ItsInjectMsi() implements VgicEvent {}

  /** {@code vgic_its_inject_cached_translation()}: a message is looked up among those seen. */
  record ItsInjectCachedTranslation() implements VgicEvent {}

  /**
   * {@code vgic_its_resolve_lpi()}: an ITS translates.
   *
   * @param devid who sent the message
   * @param event which of its events
   */
  record ItsResolveLpi(int devid, int event) implements VgicEvent {}

  /**
   * {@code vgic_its_free_device()}: a device's translations are dropped.
   *
   * @param devid which device
   */
  record ItsFreeDevice(int devid) implements VgicEvent {}

  /** {@code vgic_v4_init()}: virtual LPIs are set up, where the hardware has them. */
  record V4Init() implements VgicEvent {}

  /** {@code vgic_v4_teardown()}: virtual LPIs are gone with their VM. */
  record V4Teardown() implements VgicEvent {}

  /**
   * {@code vgic_v4_doorbell_handler()}: the hardware wakes a vCPU that is blocked, because a
   * virtual LPI is pending for it.
   */
  record V4DoorbellHandler() implements VgicEvent {}

  /**
   * {@code kvm_vgic_v4_set_forwarding()}: a host interrupt is to become a virtual LPI.
   *
   * @param irq the host interrupt
   * @param route the consumer's route; null if it has none, or several
   * @param former the last it had; null if it never had one
   */
  record V4SetForwarding(HostIrq irq, @Nullable Route route, @Nullable Route former)
      implements VgicEvent {}

  /**
   * {@code kvm_vgic_v4_unset_forwarding()}: a host interrupt returns to the host.
   *
   * @param irq the host interrupt
   * @param route the consumer's route; null if it has none, or several
   * @param former the last it had; null if it never had one
   */
  record V4UnsetForwarding(HostIrq irq, @Nullable Route route, @Nullable Route former)
      implements VgicEvent {}

  /**
   * {@code its_map_vlpi()}: the hardware is to deliver a host interrupt as a virtual LPI.
   *
   * @param irq the host interrupt
   * @param lpi the guest's INTID
   * @param properties priority, group and whether it is enabled, as in the guest's table
   */
  record ItsMapVlpi(HostIrq irq, int lpi, int properties) implements VgicEvent {}

  /**
   * {@code its_unmap_vlpi()}: the hardware delivers a host interrupt to the host again.
   *
   * @param irq the host interrupt
   */
  record ItsUnmapVlpi(HostIrq irq) implements VgicEvent {}

  /**
   * {@code its_get_vlpi()}: how a host interrupt is delivered is read, to be changed.
   *
   * @param irq the host interrupt
   */
  record ItsGetVlpi(HostIrq irq) implements VgicEvent {}

  /**
   * {@code its_prop_update_vlpi()}: the properties of a virtual LPI change.
   *
   * @param irq the host interrupt
   * @param properties priority and whether it is enabled, as in the guest's table
   * @param invalidate whether the hardware has to read them at once
   */
  record ItsPropUpdateVlpi(HostIrq irq, int properties, boolean invalidate) implements VgicEvent {}

  /** {@code its_invall_vpe()}: the hardware reads all properties of a vCPU's virtual LPIs. */
  record ItsInvallVpe() implements VgicEvent {}

  /**
   * A host interrupt was put behind a guest interrupt ({@code kvm_vgic_map_phys_irq()}).
   *
   * @param vm whose
   * @param intid the guest interrupt
   * @param irq the host interrupt
   */
  record MapPhysIrq(Vm vm, int intid, HostIrq irq) implements VgicEvent {}

  /**
   * A guest interrupt is on its own again ({@code kvm_vgic_unmap_phys_irq()}).
   *
   * @param vm whose
   * @param intid the guest interrupt
   */
  record UnmapPhysIrq(Vm vm, int intid) implements VgicEvent {}
}
