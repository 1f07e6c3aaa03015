package org.irqbypass.kvm.x86;

/** The bits of an IOAPIC's redirection entry ({@code union kvm_ioapic_redirect_entry}). */
public final class Redirection {
  /** The destination is logical. */
  public static final long LOGICAL = 1L << 11;

  /** Delivered, and not yet ended by the guest. Only of level entries; read-only to the guest. */
  public static final long REMOTE_IRR = 1L << 14;

  /** Triggered by level. */
  public static final long LEVEL = 1L << 15;

  /** Nothing is delivered. */
  public static final long MASKED = 1L << 16;

  private static final long DELIVERY_STATUS = 1L << 12;

  /** What the guest cannot write. */
  static final long READ_ONLY = REMOTE_IRR | DELIVERY_STATUS;

  private Redirection() {}

  /**
   * An entry to a physical destination, fixed delivery.
   *
   * @param vector 0 to 255
   * @param destination a physical APIC ID
   * @param level triggered by level, not by edge
   * @param masked whether it delivers nothing
   * @return the 64 bits
   */
  public static long entry(int vector, int destination, boolean level, boolean masked) {
    return (vector & 0xffL)
        | (destination & 0xffL) << 56
        | (level ? LEVEL : 0)
        | (masked ? MASKED : 0);
  }

  /**
   * An entry's vector.
   *
   * @param entry the 64 bits
   * @return 0 to 255
   */
  public static int vector(long entry) {
    return (int) (entry & 0xff);
  }

  static boolean isLevel(long entry) {
    return (entry & LEVEL) != 0;
  }
}
