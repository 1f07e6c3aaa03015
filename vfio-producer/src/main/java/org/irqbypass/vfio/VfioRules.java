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
 */
public record VfioRules(boolean vectorsCheckedFirst, boolean dynamicMsix) {
  /** Linux 6.1. */
  public static final VfioRules LINUX_6_1 = new VfioRules(true, false);

  /** Linux 6.17. */
  public static final VfioRules LINUX_6_17 = new VfioRules(false, true);
}
