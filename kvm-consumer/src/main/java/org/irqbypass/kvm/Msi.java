package org.irqbypass.kvm;

/**
 * A message-signalled interrupt ({@code struct kvm_msi}, and the message of a routing entry).
 *
 * @param addressLo low half of the address
 * @param addressHi high half of the address
 * @param data what is written there
 * @param flags {@link #VALID_DEVID} or 0; others are refused by KVM
 * @param devid who sends it, where {@link #VALID_DEVID} is set
 */
public record Msi(int addressLo, int addressHi, int data, int flags, int devid) {
  /** {@code KVM_MSI_VALID_DEVID}. */
  public static final int VALID_DEVID = 1;

  /**
   * A message without a device ID.
   *
   * @param address 64 bits
   * @param data what is written there
   * @return a message without flags
   */
  public static Msi of(long address, int data) {
    return new Msi((int) address, (int) (address >>> 32), data, 0, 0);
  }

  /**
   * A message with a device ID.
   *
   * @param address 64 bits
   * @param data what is written there
   * @param devid who sends it
   * @return a message with {@link #VALID_DEVID}
   */
  public static Msi of(long address, int data, int devid) {
    return new Msi((int) address, (int) (address >>> 32), data, VALID_DEVID, devid);
  }

  /**
   * The whole address.
   *
   * @return 64 bits
   */
  public long address() {
    return ((long) addressHi << 32) | (addressLo & 0xffffffffL);
  }

  /**
   * Whether the message names its sender.
   *
   * @return true if {@link #devid()} counts
   */
  public boolean hasDevid() {
    return (flags & VALID_DEVID) != 0;
  }

  @Override
  public String toString() {
    return String.format("MSI %#x=%#x", address(), data)
        + (hasDevid() ? String.format(" from %#x", devid) : "");
  }
}
