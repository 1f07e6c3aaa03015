package org.irqbypass.host;

/**
 * Where hardware posts interrupts: a vCPU's posted-interrupt descriptor ({@code struct pi_desc},
 * {@code arch/x86/include/asm/posted_intr.h}).
 */
public interface PostedInterruptTarget {
  /**
   * Hardware posts a vector: sets its bit, and notifies unless a notification is outstanding or
   * suppressed. Safe from any number of threads; neither blocks nor allocates.
   *
   * @param vector 0 to 255
   */
  void post(int vector);
}
