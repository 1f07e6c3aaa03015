package org.irqbypass.kvm.x86;

import com.google.common.collect.ImmutableList;

/**
 * What a guest writes to its local APIC's interrupt command register ({@code APIC_ICR}, {@code
 * kvm_apic_send_ipi()}): an inter-processor interrupt. Immutable.
 *
 * @param shorthand who is meant
 * @param interrupt what is sent; its destination counts for {@link Shorthand#NONE} only
 * @param asserted false for an INIT's de-assertion, which no processor since the Pentium 4 obeys
 */
public record InterruptCommand(Shorthand shorthand, ApicInterrupt interrupt, boolean asserted) {
  /** {@code APIC_DEST_*}; in the order of their encoding. */
  public enum Shorthand {
    /** Whom the destination means. */
    NONE,
    /** The sender. */
    SELF,
    /** Every local APIC. */
    ALL,
    /** Every local APIC but the sender's. */
    OTHERS
  }

  private static final ImmutableList<Shorthand> BY_CODE = ImmutableList.copyOf(Shorthand.values());
  private static final int LOGICAL = 1 << 11;
  private static final int ASSERT = 1 << 14;
  private static final int LEVEL = 1 << 15;

  /**
   * Reads the register.
   *
   * @param register 64 bits
   * @param x2apic whether the destination is the high 32 bits, or the highest 8
   * @return what it says
   */
  public static InterruptCommand of(long register, boolean x2apic) {
    int low = (int) register;
    return new InterruptCommand(
        BY_CODE.get(low >>> 18 & 3),
        new ApicInterrupt(
            (int) (register >>> (x2apic ? 32 : 56)),
            (low & LOGICAL) != 0,
            low & 0xff,
            DeliveryMode.of(low >>> 8),
            (low & LEVEL) != 0,
            false),
        (low & ASSERT) != 0);
  }

  /**
   * An edge of a vector.
   *
   * @param shorthand who is meant
   * @param vector 0 to 255
   * @return a fixed interrupt
   */
  public static InterruptCommand fixed(Shorthand shorthand, int vector) {
    return new InterruptCommand(
        shorthand, new ApicInterrupt(0, false, vector, DeliveryMode.FIXED, false, false), true);
  }

  /** Whether it has no effect at whoever is meant. */
  boolean isDeassertion() {
    return interrupt.mode() == DeliveryMode.INIT && interrupt.level() && !asserted;
  }
}
