package org.irqbypass.kvm.arm64;

import com.google.common.base.Ascii;

/** Linux functions of the vGIC whose return is an event; {@link VgicEvent} has their entries. */
public enum VgicFunction {
  /** {@code kvm_arch_set_irq_inatomic()}. */
  KVM_ARCH_SET_IRQ_INATOMIC,
  /** {@code vgic_irqfd_set_irq()}. */
  VGIC_IRQFD_SET_IRQ,
  /** {@code kvm_set_msi()}. */
  KVM_SET_MSI,
  /** {@code vgic_its_inject_msi()}. */
  VGIC_ITS_INJECT_MSI,
  /** {@code vgic_its_inject_cached_translation()}. */
  VGIC_ITS_INJECT_CACHED_TRANSLATION,
  /** {@code vgic_its_resolve_lpi()}. */
  VGIC_ITS_RESOLVE_LPI,
  /** {@code vgic_v4_init()}. */
  VGIC_V4_INIT,
  /** {@code kvm_vgic_v4_set_forwarding()}. */
  KVM_VGIC_V4_SET_FORWARDING,
  /** {@code kvm_vgic_v4_unset_forwarding()}. */
  KVM_VGIC_V4_UNSET_FORWARDING,
  /** {@code its_map_vlpi()}. */
  ITS_MAP_VLPI,
  /** {@code its_unmap_vlpi()}. */
  ITS_UNMAP_VLPI,
  /** {@code its_get_vlpi()}. */
  ITS_GET_VLPI,
  /** {@code its_prop_update_vlpi()}. */
  ITS_PROP_UPDATE_VLPI,
  /** {@code its_invall_vpe()}. */
  ITS_INVALL_VPE;

  /**
   * What Linux calls it.
   *
   * @return the function's name
   */
  public String linuxName() {
    return Ascii.toLowerCase(name());
  }
}
