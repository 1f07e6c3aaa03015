package org.irqbypass.kvm.x86;

import com.google.common.collect.ImmutableList;

/** How a local APIC takes an interrupt ({@code APIC_DM_*}); in the order of their encoding. */
public enum DeliveryMode {
  /** The vector becomes pending. */
  FIXED,
  /** The vector becomes pending at one of several destinations. */
  LOWEST_PRIORITY,
  /** System management interrupt. */
  SMI,
  /** Not defined for messages; KVM counts it as delivered ({@code APIC_DM_REMRD}). */
  RESERVED_3,
  /** Non-maskable interrupt. */
  NMI,
  /** Reset. */
  INIT,
  /** Start-up. */
  STARTUP,
  /** The vector is asked for at the PIC; a local APIC refuses it as a message. */
  EXT_INT;

  private static final ImmutableList<DeliveryMode> BY_CODE = ImmutableList.copyOf(values());

  /**
   * A mode by its encoding in a message or a redirection entry.
   *
   * @param code the low 3 bits count
   * @return the mode
   */
  static DeliveryMode of(int code) {
    return BY_CODE.get(code & 7);
  }

  /**
   * Whether hardware can post such an interrupt ({@code kvm_irq_is_postable()}).
   *
   * @return true for those that make a vector pending
   */
  public boolean isPostable() {
    return this == FIXED || this == LOWEST_PRIORITY;
  }
}
