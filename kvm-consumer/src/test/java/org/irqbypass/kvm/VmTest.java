package org.irqbypass.kvm;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.kvm.KvmHost.CLOSED;
import static org.irqbypass.kvm.KvmHost.assertErrno;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.irqbypass.errno.Errno;
import org.irqbypass.kvm.x86.X86Vm;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** VMs, vCPUs, interrupt controllers and the device API (semantics 4.4). */
class VmTest {
  private static final int TYPE = 4;
  private static final int TEST = 1;

  @RegisterExtension final KvmHost host = KvmHost.remapped();

  @Test
  void aDescriptorIsOfOneKind() {
    int vm = host.kvm.createVm();
    int vcpu = host.kvm.vm(vm).createVcpu(0);
    assertErrno(Errno.EBADF, () -> host.kvm.vm(CLOSED));
    assertErrno(Errno.EINVAL, () -> host.kvm.vm(vcpu));
    assertErrno(Errno.EINVAL, () -> host.kvm.vcpu(vm));
    assertErrno(Errno.EINVAL, () -> host.kvm.device(vm));
    assertThat(host.kvm.vcpu(vcpu)).isSameInstanceAs(host.kvm.vm(vm).vcpuById(0));
  }

  @Test
  void aVcpusNumberIsTakenOnce() {
    Vm vm = host.bareVm();
    vm.createVcpu(3);
    assertErrno(Errno.EEXIST, () -> vm.createVcpu(3));
    assertErrno(Errno.EINVAL, () -> vm.createVcpu(-1));
    assertErrno(Errno.EINVAL, () -> vm.createVcpu(Kvm.MAX_VCPUS));
    assertErrno(Errno.ENOENT, () -> vm.vcpuById(4));
    assertThat(vm.vcpuByIdOrNull(4)).isNull();
  }

  @Test
  void theIrqchipComesOnceAndBeforeVcpus() {
    Vm full = host.vm(0);
    assertErrno(Errno.EEXIST, full::createIrqchip);
    assertErrno(Errno.EEXIST, () -> full.enableSplitIrqchip(24));
    Vm late = host.bareVm();
    late.createVcpu(0);
    assertErrno(Errno.EINVAL, late::createIrqchip);
    assertErrno(Errno.EEXIST, () -> late.enableSplitIrqchip(24));
  }

  @Test
  void aSplitIrqchipReservesUpTo4096Pins() {
    host.bareVm().enableSplitIrqchip(0);
    host.bareVm().enableSplitIrqchip(4096);
    assertErrno(Errno.EINVAL, () -> host.bareVm().enableSplitIrqchip(4097));
    assertErrno(Errno.EINVAL, () -> host.bareVm().enableSplitIrqchip(-1));
  }

  @Test
  void aVcpuWithoutInKernelIrqchipHasNoLocalApic() {
    Vm vm = host.bareVm();
    vm.createVcpu(0);
    assertErrno(Errno.EINVAL, () -> KvmHost.apic(vm, 0));
    assertErrno(Errno.ENXIO, () -> X86Vm.of(vm).ioApic());
    assertErrno(Errno.ENXIO, () -> X86Vm.of(vm).pic());
    assertErrno(Errno.ENXIO, () -> X86Vm.of(host.splitVm(0)).ioApic());
    assertThat(vm.vcpuById(0).take()).isEqualTo(-1);
  }

  @Test
  void capabilitiesAreAsRecorded() {
    Vm vm = host.bareVm();
    assertThat(vm.checkExtension(25)).isEqualTo(4096);
    for (int there : new int[] {0, 26, 32, 77, 81, 82, 121}) {
      assertThat(vm.checkExtension(there)).isEqualTo(1);
    }
    for (int missing : new int[] {75, 131, 9999}) {
      assertThat(vm.checkExtension(missing)).isEqualTo(0);
    }
  }

  /** A device that has nothing. */
  private static final class Plain extends KvmDevice {
    Plain(Vm vm) {
      super(vm);
    }
  }

  /** A device that records its end. */
  private final class Ending extends KvmDevice {
    private final boolean withDescriptor;

    Ending(Vm vm, boolean withDescriptor) {
      super(vm);
      this.withDescriptor = withDescriptor;
    }

    @Override
    public void setAttr(int group, long attribute, @Nullable ByteBuffer payload) {}

    @Override
    protected boolean release() {
      ends.add("release");
      return withDescriptor;
    }

    @Override
    protected void destroy() {
      ends.add("destroy");
    }
  }

  private final List<String> ends = new ArrayList<>();

  @Test
  void aDeviceTypeMustBeKnown_alsoForATest() {
    Vm vm = host.bareVm();
    assertErrno(Errno.ENODEV, () -> vm.createDevice(TYPE, 0));
    assertErrno(Errno.ENODEV, () -> vm.createDevice(TYPE, TEST));
    host.kvm.registerDeviceType(TYPE, Plain::new);
    assertErrno(Errno.EEXIST, () -> host.kvm.registerDeviceType(TYPE, Plain::new));
    assertThat(vm.createDevice(TYPE, TEST)).isEqualTo(0);
    assertThat(vm.devices()).isEmpty();
    assertThat(host.kvm.device(vm.createDevice(TYPE, 2))).isInstanceOf(Plain.class);
  }

  @Test
  void aDeviceWithoutAccessorsRefusesAllAttributes() {
    host.kvm.registerDeviceType(TYPE, Plain::new);
    KvmDevice device = host.kvm.device(host.bareVm().createDevice(TYPE, 0));
    assertErrno(Errno.EPERM, () -> device.setAttr(0, 0, null));
    assertErrno(Errno.EPERM, () -> device.getAttr(0, 0, null));
    assertErrno(Errno.EPERM, () -> device.hasAttr(0, 0));
  }

  @Test
  void aDeviceEndsWithItsDescriptorOrWithItsVm() {
    host.kvm.registerDeviceType(5, vm -> new Ending(vm, true));
    host.kvm.registerDeviceType(6, vm -> new Ending(vm, false));
    int vmFd = host.kvm.createVm();
    Vm vm = host.kvm.vm(vmFd);
    host.descriptors.close(vm.createDevice(5, 0));
    assertThat(vm.devices()).isEmpty();
    int kept = vm.createDevice(6, 0);
    host.descriptors.close(vmFd);
    assertThat(ends).containsExactly("release");
    host.descriptors.close(kept);
    assertThat(ends).containsExactly("release", "release", "destroy").inOrder();
  }
}
