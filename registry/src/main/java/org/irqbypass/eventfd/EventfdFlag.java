package org.irqbypass.eventfd;

/** The flags of {@code eventfd2()} that change how an eventfd behaves. */
public enum EventfdFlag {
  /** {@code EFD_SEMAPHORE}: a read takes 1, not everything. */
  SEMAPHORE,
  /** {@code EFD_NONBLOCK}: reads and writes that would sleep fail with {@code EAGAIN}. */
  NONBLOCK
}
