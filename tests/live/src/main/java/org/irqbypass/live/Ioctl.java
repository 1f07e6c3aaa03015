package org.irqbypass.live;

/** The numbers of KVM's ioctls on x86-64 ({@code include/uapi/linux/kvm.h}). */
final class Ioctl {
  private static final int KVMIO = 0xae;
  private static final int NONE = 0;
  private static final int WRITE = 1;
  private static final int READ = 2;

  // /dev/kvm
  static final long KVM_CREATE_VM = number(NONE, 0x01, 0);
  static final long KVM_CHECK_EXTENSION = number(NONE, 0x03, 0);
  static final long KVM_GET_VCPU_MMAP_SIZE = number(NONE, 0x04, 0);

  // a VM
  static final long KVM_CREATE_VCPU = number(NONE, 0x41, 0);
  static final long KVM_SET_USER_MEMORY_REGION = number(WRITE, 0x46, 32);
  static final long KVM_SET_TSS_ADDR = number(NONE, 0x47, 0);
  static final long KVM_CREATE_IRQCHIP = number(NONE, 0x60, 0);
  static final long KVM_IRQ_LINE = number(WRITE, 0x61, 8);
  static final long KVM_GET_IRQCHIP = number(READ | WRITE, 0x62, 520);
  static final long KVM_SET_IRQCHIP = number(READ, 0x63, 520);
  static final long KVM_IRQ_LINE_STATUS = number(READ | WRITE, 0x67, 8);
  static final long KVM_SET_GSI_ROUTING = number(WRITE, 0x6a, 8);
  static final long KVM_IRQFD = number(WRITE, 0x76, 32);
  static final long KVM_ENABLE_CAP = number(WRITE, 0xa3, 104);
  static final long KVM_SIGNAL_MSI = number(WRITE, 0xa5, 32);
  static final long KVM_CREATE_DEVICE = number(READ | WRITE, 0xe0, 12);

  // a vCPU
  static final long KVM_RUN = number(NONE, 0x80, 0);
  static final long KVM_SET_REGS = number(WRITE, 0x82, 144);
  static final long KVM_GET_SREGS = number(READ, 0x83, 312);
  static final long KVM_SET_SREGS = number(WRITE, 0x84, 312);
  static final long KVM_GET_LAPIC = number(READ, 0x8e, 1024);
  static final long KVM_SET_LAPIC = number(WRITE, 0x8f, 1024);
  static final long KVM_SET_MP_STATE = number(WRITE, 0x99, 4);
  static final long KVM_SET_VCPU_EVENTS = number(WRITE, 0xa0, 64);

  // a KVM device
  static final long KVM_SET_DEVICE_ATTR = number(WRITE, 0xe1, 24);
  static final long KVM_GET_DEVICE_ATTR = number(WRITE, 0xe2, 24);
  static final long KVM_HAS_DEVICE_ATTR = number(WRITE, 0xe3, 24);

  private Ioctl() {}

  /** {@code _IOC()} ({@code include/uapi/asm-generic/ioctl.h}). */
  private static long number(int direction, int number, int size) {
    return (long) direction << 30 | (long) size << 16 | KVMIO << 8 | number;
  }
}
