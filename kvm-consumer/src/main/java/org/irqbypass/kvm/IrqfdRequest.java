package org.irqbypass.kvm;

/**
 * A request to bind or unbind an eventfd and a guest interrupt ({@code struct kvm_irqfd}).
 *
 * @param fd the eventfd's descriptor
 * @param gsi the guest interrupt, unsigned; need not be routed, nor routable
 * @param flags {@link #DEASSIGN}, {@link #RESAMPLE}; others are refused
 * @param resamplefd with {@link #RESAMPLE}: the eventfd that is signalled at the guest's
 *     acknowledgement
 */
public record IrqfdRequest(int fd, int gsi, int flags, int resamplefd) {
  /** {@code KVM_IRQFD_FLAG_DEASSIGN}. */
  public static final int DEASSIGN = 1;

  /** {@code KVM_IRQFD_FLAG_RESAMPLE}. */
  public static final int RESAMPLE = 1 << 1;

  /**
   * Binds an eventfd: each signal is an edge of the guest interrupt.
   *
   * @param fd the eventfd's descriptor
   * @param gsi the guest interrupt
   * @return the request
   */
  public static IrqfdRequest assign(int fd, int gsi) {
    return new IrqfdRequest(fd, gsi, 0, 0);
  }

  /**
   * Binds an eventfd to a level interrupt: a signal raises it, the guest's acknowledgement lowers
   * it and signals the other eventfd.
   *
   * @param fd the eventfd's descriptor
   * @param gsi the guest interrupt
   * @param resamplefd the other eventfd's descriptor
   * @return the request
   */
  public static IrqfdRequest resample(int fd, int gsi, int resamplefd) {
    return new IrqfdRequest(fd, gsi, RESAMPLE, resamplefd);
  }

  /**
   * Unbinds an eventfd.
   *
   * @param fd the eventfd's descriptor
   * @param gsi the guest interrupt
   * @return the request
   */
  public static IrqfdRequest deassign(int fd, int gsi) {
    return new IrqfdRequest(fd, gsi, DEASSIGN, 0);
  }
}
