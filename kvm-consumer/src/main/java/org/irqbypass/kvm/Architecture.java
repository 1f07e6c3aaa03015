package org.irqbypass.kvm;

/**
 * What kind of guests a {@link Kvm} runs ({@code arch/x86/kvm}, {@code arch/arm64/kvm}).
 * Implementations are stateless or immutable, and safe for use from many threads.
 */
public interface Architecture {
  /**
   * Makes the architecture's part of a new VM ({@code kvm_arch_init_vm()}).
   *
   * @param vm the VM, which has no vCPU yet; its architecture cannot be asked for before this
   *     returns
   * @return the part that belongs to it
   */
  VmArchitecture createVm(Vm vm);

  /**
   * Registers the device types of this architecture, such as interrupt controllers ({@code
   * kvm_register_device_ops()}). Called once by each {@link Kvm}.
   *
   * @param kvm takes the types
   */
  default void registerDeviceTypes(Kvm kvm) {}
}
