package org.irqbypass.comparison.contender;

import com.google.common.collect.ImmutableSet;
import org.irqbypass.scenario.Operation;

/** Which operations are calls that a VMM makes, and which are moves of devices and guests. */
final class Calls {
  private static final ImmutableSet<String> KINDS =
      ImmutableSet.of("ef", "grp", "ctr", "dev", "vfio", "cfg", "mmio", "pci", "vm", "kv", "gic");

  /** Calls of the VM's descriptor; what else begins with {@code kvm.} the guest or a test does. */
  private static final ImmutableSet<String> KVM =
      ImmutableSet.of(
          "kvm.irqfd", "kvm.routing", "kvm.irq_line", "kvm.signal_msi", "kvm.get_irqchip");

  private Calls() {}

  /** Whether userspace makes an operation as a call. One operation counts as one. */
  static boolean isCall(Operation operation) {
    String name = operation.name();
    int dot = name.indexOf('.');
    return dot > 0 && (KINDS.contains(name.substring(0, dot)) || KVM.contains(name));
  }

  /** Whether a device raises or lowers an interrupt. */
  static boolean isRaise(Operation operation) {
    return switch (operation.name()) {
      case "irq.raise",
          "irq.arrive",
          "edu.raise",
          "e1000e.msix_raise",
          "e1000e.intx_raise",
          "pl031.raise",
          "pl031.alarm" ->
          true;
      default -> false;
    };
  }
}
