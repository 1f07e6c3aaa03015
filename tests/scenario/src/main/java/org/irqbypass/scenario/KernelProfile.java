package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;
import org.irqbypass.kvm.KvmRules;
import org.irqbypass.legacy.LegacyRules;
import org.irqbypass.registry.RegistryRules;
import org.irqbypass.vfio.VfioRules;

/**
 * Which kernel a host runs: the rules of each room by which releases differ. Immutable.
 *
 * @param name what recordings call it
 * @param registry the registry's rules
 * @param vfio VFIO's rules
 * @param kvm KVM's rules
 * @param legacy the KVM-VFIO device's rules
 */
public record KernelProfile(
    String name, RegistryRules registry, VfioRules vfio, KvmRules kvm, LegacyRules legacy) {
  /** Linux 6.1. */
  public static final KernelProfile LINUX_6_1 =
      new KernelProfile(
          "LINUX_6_1",
          RegistryRules.LINUX_6_1,
          VfioRules.LINUX_6_1,
          KvmRules.LINUX_6_1,
          LegacyRules.LINUX);

  /** Linux 6.17, the default. */
  public static final KernelProfile LINUX_6_17 =
      new KernelProfile(
          "LINUX_6_17",
          RegistryRules.LINUX_6_17,
          VfioRules.LINUX_6_17,
          KvmRules.LINUX_6_17,
          LegacyRules.LINUX);

  /** The profiles there are. */
  public static final ImmutableList<KernelProfile> ALL = ImmutableList.of(LINUX_6_1, LINUX_6_17);

  /**
   * The same kernel with the explicit attributes of 2015, which no release has.
   *
   * @return changed rules
   */
  public KernelProfile withExplicitForwarding() {
    return new KernelProfile(name, registry, vfio, kvm, LegacyRules.PROPOSAL_2015);
  }

  /**
   * The same kernel with the producers of 2017 for wired interrupts, which no release has.
   *
   * @return changed rules
   */
  public KernelProfile withWiredProducers() {
    return new KernelProfile(name, registry, vfio.withWiredProducers(), kvm, legacy);
  }

  /**
   * The profile of a name.
   *
   * @param name such as {@code LINUX_6_1}
   * @param position where it was written
   * @return the profile
   * @throws InputException if there is none of that name
   */
  public static KernelProfile of(String name, Position position) {
    for (KernelProfile profile : ALL) {
      if (profile.name().equals(name)) {
        return profile;
      }
    }
    ImmutableList<String> names =
        ALL.stream().map(KernelProfile::name).collect(ImmutableList.toImmutableList());
    throw new InputException(
        position,
        InputException.quote(name)
            + " is no kernel profile, expected "
            + String.join(" or ", names)
            + Suggestion.of(name, names));
  }
}
