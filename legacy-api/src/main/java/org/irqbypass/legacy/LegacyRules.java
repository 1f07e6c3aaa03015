package org.irqbypass.legacy;

/**
 * What the KVM-VFIO device knows.
 *
 * @param explicitForwarding whether the attribute group {@code KVM_DEV_VFIO_DEVICE} exists, as
 *     proposed in 2015; otherwise it answers {@code ENXIO}, as every Linux that was released
 */
public record LegacyRules(boolean explicitForwarding) {
  /** Linux as it was released: groups can be added, nothing can be forwarded. */
  public static final LegacyRules LINUX = new LegacyRules(false);

  /** Linux with the proposal of 2015. */
  public static final LegacyRules PROPOSAL_2015 = new LegacyRules(true);
}
