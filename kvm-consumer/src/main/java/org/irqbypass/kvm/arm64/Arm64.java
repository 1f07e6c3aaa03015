package org.irqbypass.kvm.arm64;

import org.irqbypass.kvm.Architecture;
import org.irqbypass.kvm.Kvm;
import org.irqbypass.kvm.Vm;
import org.irqbypass.kvm.VmArchitecture;

/**
 * KVM on 64-bit Arm ({@code arch/arm64/kvm}): guests with a vGIC, and an ITS where the host has a
 * GICv3. Immutable.
 */
public final class Arm64 implements Architecture {
  /** {@code KVM_DEV_TYPE_ARM_VGIC_V2}. */
  public static final int DEVICE_VGIC_V2 = 5;

  /** {@code KVM_DEV_TYPE_ARM_VGIC_V3}. */
  public static final int DEVICE_VGIC_V3 = 7;

  /** {@code KVM_DEV_TYPE_ARM_VGIC_ITS}. */
  public static final int DEVICE_ITS = 8;

  private final GicHardware hardware;

  /**
   * Describes the guests of one host.
   *
   * @param hardware the host's interrupt controller, which is the guests' as well
   */
  public Arm64(GicHardware hardware) {
    this.hardware = hardware;
  }

  @Override
  public VmArchitecture createVm(Vm vm) {
    return new Arm64Vm(vm, hardware);
  }

  @Override
  public void registerDeviceTypes(Kvm kvm) {
    if (hardware.version() == GicVersion.V2) {
      kvm.registerDeviceType(DEVICE_VGIC_V2, vm -> Arm64Vm.of(vm).createVgic(GicVersion.V2));
    } else {
      kvm.registerDeviceType(DEVICE_VGIC_V3, vm -> Arm64Vm.of(vm).createVgic(GicVersion.V3));
      kvm.registerDeviceType(DEVICE_ITS, vm -> Arm64Vm.of(vm).createIts());
    }
  }
}
