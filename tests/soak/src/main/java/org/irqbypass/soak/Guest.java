package org.irqbypass.soak;

import java.util.ArrayList;
import java.util.List;
import org.irqbypass.kvm.Vcpu;
import org.irqbypass.kvm.Vm;
import org.irqbypass.legacy.KvmVfioDevice;
import org.jspecify.annotations.Nullable;

/** A VM, what the VMM has open of it, and which of its interrupts means which line. */
final class Guest {
  /** More than the highest LPI that is used. */
  private static final int INTERRUPTS = 8192 + 64;

  final Vm vm;
  final Vcpu[] vcpus;
  private final Host host;
  private final List<Integer> descriptors;
  private final @Nullable Line[] lines = new @Nullable Line[INTERRUPTS];
  private final int kvmVfioFd;

  Guest(Host host, Vm vm, List<Integer> descriptors) {
    this.host = host;
    this.vm = vm;
    this.descriptors = new ArrayList<>(descriptors);
    this.vcpus = vm.vcpus().toArray(Vcpu[]::new);
    this.kvmVfioFd = vm.createDevice(KvmVfioDevice.TYPE, 0);
    this.descriptors.add(kvmVfioFd);
  }

  /** The guest's driver of that line has this interrupt. */
  void means(int interrupt, Line line) {
    lines[interrupt] = line;
  }

  /** Whose interrupt it is; null: nobody's. */
  @Nullable Line line(int interrupt) {
    return lines[interrupt];
  }

  /** The KVM-VFIO device. */
  KvmVfioDevice kvmVfio() {
    return (KvmVfioDevice) host.kvm.device(kvmVfioFd);
  }

  /** Closes all that is open of it. */
  void close() {
    descriptors.forEach(fd -> host.kernel.descriptors().close(fd));
  }
}
