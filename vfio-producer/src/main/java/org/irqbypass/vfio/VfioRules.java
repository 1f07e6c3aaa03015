package org.irqbypass.vfio;

/**
 * What differs between kernels in VFIO.
 *
 * @param vectorsCheckedFirst an MSI or MSI-X range that reaches beyond the vectors which the first
 *     enable allocated is refused before anything is done, for loop-back too. Since Linux 6.4 each
 *     vector is looked at by itself: those before the first missing one have been replaced when the
 *     call fails (and are cleared), and loop-back skips what is missing
 * @param dynamicMsix vectors of a device with dynamic MSI-X are allocated one by one as they are
 *     asked for, since Linux 6.4
 * @param wiredProducers wired interrupts register a producer too, on a host that can forward them,
 *     as in the "direct EOI" series of 2017; no Linux that was released does
 */
public record VfioRules(boolean vectorsCheckedFirst, boolean dynamicMsix, boolean wiredProducers) {
  /** Linux 6.1. */
  public static final VfioRules LINUX_6_1 = new VfioRules(true, false, false);

  /** Linux 6.17. */
  public static final VfioRules LINUX_6_17 = new VfioRules(false, true, false);

  /**
   * The same kernel with the producers of 2017 for wired interrupts.
   *
   * @return changed rules
   */
  public VfioRules withWiredProducers() {
    return new VfioRules(vectorsCheckedFirst, dynamicMsix, true);
  }
}
