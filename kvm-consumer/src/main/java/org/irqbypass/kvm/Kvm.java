package org.irqbypass.kvm;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.irqbypass.assembly.HostKernel;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.eventfd.OpenFile;
import org.irqbypass.registry.ConnectPolicy;
import org.jspecify.annotations.Nullable;

/**
 * KVM of one host ({@code virt/kvm/kvm_main.c}, {@code /dev/kvm}): makes VMs, and knows what is
 * behind a descriptor. Safe for use from many threads.
 */
public final class Kvm {
  /** {@code KVM_MAX_VCPUS}: how many vCPUs a VM may have; their numbers are below this. */
  public static final int MAX_VCPUS = 1024;

  /** {@code KVM_MAX_IRQ_ROUTES}: entries of a routing table; each gsi is below this. */
  public static final int MAX_IRQ_ROUTES = 4096;

  private final Architecture architecture;
  private final HostKernel kernel;
  private final KvmRules rules;
  private final ConnectPolicy policy;
  private final Map<Integer, KvmDevice.Factory> deviceTypes = new ConcurrentHashMap<>();
  private final AtomicInteger vms = new AtomicInteger();

  /**
   * Makes a host's KVM, without VMs.
   *
   * @param architecture what kind of guests it runs
   * @param kernel what it shares with the rest of the host
   * @param rules which kernel's
   * @param policy what happens when an irqfd's consumer cannot be connected
   */
  public Kvm(Architecture architecture, HostKernel kernel, KvmRules rules, ConnectPolicy policy) {
    this.architecture = architecture;
    this.kernel = kernel;
    this.rules = rules;
    this.policy = policy;
    architecture.registerDeviceTypes(this);
  }

  /**
   * Makes a VM without vCPUs and interrupt controllers ({@code KVM_CREATE_VM}).
   *
   * @return its descriptor; closing it shuts all irqfds down
   */
  public int createVm() {
    return kernel.descriptors().install(new VmFile(new Vm(this, vms.incrementAndGet())));
  }

  /**
   * The VM behind a descriptor.
   *
   * @param fd any number
   * @return the VM
   * @throws ErrnoException {@code EBADF}: nothing is open there; {@code EINVAL}: something else is
   */
  public Vm vm(int fd) {
    if (kernel.descriptors().file(fd) instanceof VmFile file) {
      return file.vm();
    }
    throw notThat(fd, "VM");
  }

  /**
   * The vCPU behind a descriptor.
   *
   * @param fd any number
   * @return the vCPU
   * @throws ErrnoException {@code EBADF}: nothing is open there; {@code EINVAL}: something else is
   */
  public Vcpu vcpu(int fd) {
    if (kernel.descriptors().file(fd) instanceof VcpuFile file) {
      return file.vcpu();
    }
    throw notThat(fd, "vCPU");
  }

  /**
   * The device behind a descriptor.
   *
   * @param fd any number
   * @return the device
   * @throws ErrnoException {@code EBADF}: nothing is open there; {@code EINVAL}: something else is
   */
  public KvmDevice device(int fd) {
    if (kernel.descriptors().file(fd) instanceof KvmDeviceFile file) {
      return file.device();
    }
    throw notThat(fd, "KVM device");
  }

  private static ErrnoException notThat(int fd, String what) {
    return new ErrnoException(Errno.EINVAL, "descriptor " + fd + " is no " + what);
  }

  /** An open VM. */
  private static final class VmFile extends OpenFile {
    private final Vm vm;

    VmFile(Vm vm) {
      this.vm = vm;
    }

    Vm vm() {
      return vm;
    }

    @Override
    protected void release() {
      vm.release();
    }

    @Override
    public String toString() {
      return vm.toString();
    }
  }

  /**
   * Adds a type of device that VMs can be given ({@code kvm_register_device_ops()}).
   *
   * @param type {@code KVM_DEV_TYPE_*}
   * @param factory makes one
   * @throws ErrnoException {@code EEXIST}: the type is registered
   */
  public void registerDeviceType(int type, KvmDevice.Factory factory) {
    if (deviceTypes.putIfAbsent(type, factory) != null) {
      throw new ErrnoException(Errno.EEXIST, "device type " + type + " is registered already");
    }
  }

  KvmDevice.@Nullable Factory deviceType(int type) {
    return deviceTypes.get(type);
  }

  /**
   * What kind of guests this runs.
   *
   * @return the architecture of every VM here
   */
  public Architecture architecture() {
    return architecture;
  }

  /**
   * What this shares with the rest of the host.
   *
   * @return the kernel it belongs to
   */
  public HostKernel kernel() {
    return kernel;
  }

  /**
   * Which kernel's rules hold.
   *
   * @return the rules of every VM here
   */
  public KvmRules rules() {
    return rules;
  }

  /**
   * What happens when an irqfd's consumer cannot be connected.
   *
   * @return the policy of irqfds that name none
   */
  public ConnectPolicy policy() {
    return policy;
  }
}
