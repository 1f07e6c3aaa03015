package org.irqbypass.scenario;

import org.irqbypass.kvm.Kvm;
import org.irqbypass.kvm.Vcpu;
import org.irqbypass.kvm.Vm;
import org.jspecify.annotations.Nullable;

/** Finds VMs and vCPUs by the names that operations give them. */
final class VirtualMachines {
  private final Kvm kvm;
  private final Descriptors descriptors;

  VirtualMachines(Kvm kvm, Descriptors descriptors) {
    this.kvm = kvm;
    this.descriptors = descriptors;
  }

  /** How the descriptor of a VM is called. */
  static String vmName(String vm) {
    return "vm:" + vm;
  }

  /** How the descriptor of a vCPU is called. */
  static String vcpuName(String vm, int id) {
    return "vcpu:" + vm + ":" + id;
  }

  /** The VM of an operation; {@code EBADF} if it is not open. */
  Vm vm(Operation op) {
    return kvm.vm(descriptors.fd(vmName(vmOf(op))));
  }

  /** The VM in which a guest runs, though perhaps only its vCPUs are open any more. */
  Vm guest(Operation op) {
    String name = vmOf(op);
    if (!descriptors.isOpen(vmName(name))) {
      String vcpu = descriptors.firstOpen(vcpuName(name, 0));
      if (vcpu != null) {
        return kvm.vcpu(descriptors.fd(vcpu)).vm();
      }
    }
    return vm(op);
  }

  /** The vCPU of an operation, 0 unless it names one; {@code EBADF} if it is not open. */
  Vcpu vcpu(Operation op) {
    return vcpu(op, op.u32("vcpu", 0));
  }

  Vcpu vcpu(Operation op, int id) {
    return kvm.vcpu(descriptors.fd(vcpuName(vmOf(op), id)));
  }

  /** A session leaves the VM out where there is one. */
  private String vmOf(Operation op) {
    String name = op.textOrNull("vm");
    if (name != null) {
      return name;
    }
    @Nullable String only = descriptors.firstOpen("vm:");
    return only == null ? "none" : only.substring("vm:".length());
  }
}
