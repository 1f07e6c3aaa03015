package org.irqbypass.kvm.x86;

import org.irqbypass.kvm.Msi;

/**
 * An interrupt on its way to local APICs ({@code struct kvm_lapic_irq}). Immutable.
 *
 * @param destination a physical or logical APIC ID; 8 bits, or 32 in x2APIC format
 * @param logical how the destination is meant
 * @param vector 0 to 255
 * @param mode how it is taken
 * @param level triggered by level, not by edge
 * @param redirectionHint whether one of several destinations is enough
 */
public record ApicInterrupt(
    int destination,
    boolean logical,
    int vector,
    DeliveryMode mode,
    boolean level,
    boolean redirectionHint) {
  private static final int EXTENDED_DESTINATION = 0xffffff00;

  /**
   * What a message says ({@code kvm_set_msi_irq()}).
   *
   * @param msi the message
   * @param x2apicFormat whether the high half of the address extends the destination
   * @return the interrupt
   */
  static ApicInterrupt of(Msi msi, boolean x2apicFormat) {
    int low = msi.addressLo();
    int data = msi.data();
    int destination = (low >>> 12) & 0xff;
    if (x2apicFormat) {
      destination |= msi.addressHi() & EXTENDED_DESTINATION;
    }
    return new ApicInterrupt(
        destination,
        (low & 1 << 2) != 0,
        data & 0xff,
        DeliveryMode.of(data >>> 8),
        (data & 1 << 15) != 0,
        (low & 1 << 3) != 0);
  }

  /** What a redirection entry of the IOAPIC says ({@code ioapic_service()}). */
  static ApicInterrupt ofRedirection(long entry) {
    return new ApicInterrupt(
        (int) (entry >>> 56),
        (entry & Redirection.LOGICAL) != 0,
        Redirection.vector(entry),
        DeliveryMode.of((int) (entry >>> 8)),
        (entry & Redirection.LEVEL) != 0,
        false);
  }

  /** Whether one destination is to be chosen ({@code kvm_lowest_prio_delivery()}). */
  boolean choosesOne() {
    return mode == DeliveryMode.LOWEST_PRIORITY || redirectionHint;
  }

  ApicInterrupt fixed() {
    return new ApicInterrupt(
        destination, logical, vector, DeliveryMode.FIXED, level, redirectionHint);
  }
}
