package org.irqbypass.scenario.live;

import java.util.List;
import org.irqbypass.kvm.KvmRules;
import org.irqbypass.scenario.KernelProfile;
import org.irqbypass.scenario.Operation;

/**
 * Finds out which rules a kernel follows, by what it does and not by its name: releases between the
 * profiles, and ones that were configured otherwise, follow some of each.
 */
final class ProfileProbe {
  private static final List<String> MACHINE =
      List.of(
          "vm.new vm=a",
          "vm.irqchip vm=a",
          "vm.vcpu vm=a vcpu=0",
          "kvm.lapic_setup vm=a",
          "vm.new vm=b",
          "vm.irqchip vm=b",
          "ef.new fd=e0",
          "kvm.irqfd vm=a fd=e0 gsi=24");

  private final LiveKernel kernel;

  private ProfileProbe(LiveKernel kernel) {
    this.kernel = kernel;
  }

  /** The profile whose uniqueness of irqfds is the kernel's, with the kernel's own other rules. */
  static KernelProfile of(LiveKernel kernel) {
    return new ProfileProbe(kernel).profile();
  }

  private KernelProfile profile() {
    boolean unique = "EBUSY".equals(ask("kvm.irqfd vm=b fd=e0 gsi=24").errno());
    KernelProfile nearest = unique ? KernelProfile.LINUX_6_17 : KernelProfile.LINUX_6_1;
    KvmRules found =
        new KvmRules(
            unique,
            ask("kvm.routing vm=a entries=hv_sint:24:0:2").errno() == null,
            ask("kvm.signal_msi vm=a data=0x200").ret() == 1,
            ask("kvm.signal_msi vm=a lo=0xfee00004 data=0x41").errno() != null,
            nearest.kvm().consumersNeedHardware(),
            nearest.kvm().virtualLpis());
    return found.equals(nearest.kvm())
        ? nearest
        : new KernelProfile(
            "near " + nearest.name(), nearest.registry(), nearest.vfio(), found, nearest.legacy());
  }

  /** What the kernel answers on a machine of its own. */
  private Answer ask(String question) {
    try (LiveHost host = kernel.newHost()) {
      MACHINE.forEach(operation -> host.perform(Operation.parse(operation)));
      return host.perform(Operation.parse(question));
    }
  }
}
