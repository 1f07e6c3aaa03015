package org.irqbypass.registry;

import org.irqbypass.errno.Errno;

/**
 * What differs between kernels in the registry.
 *
 * @param registeredAgain what registering a side that is registered returns: {@code EBUSY} with the
 *     lists of Linux 4.4 to 6.16, {@code EINVAL} with the xarray of 6.17
 */
public record RegistryRules(Errno registeredAgain) {
  /** Linux 6.1. */
  public static final RegistryRules LINUX_6_1 = new RegistryRules(Errno.EBUSY);

  /** Linux 6.17. */
  public static final RegistryRules LINUX_6_17 = new RegistryRules(Errno.EINVAL);
}
