package org.irqbypass.conformance.selftests;

import java.util.Set;
import org.irqbypass.assembly.HostKernel;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.eventfd.EventfdFile;
import org.irqbypass.eventfd.EventfdFlag;
import org.irqbypass.eventfd.Eventfds;
import org.irqbypass.host.HostInterrupts;
import org.irqbypass.host.HostPlatform;
import org.irqbypass.kvm.Architecture;
import org.irqbypass.kvm.Kvm;
import org.irqbypass.kvm.Vm;
import org.irqbypass.kvm.arm64.Arm64;
import org.irqbypass.kvm.arm64.GicHardware;
import org.irqbypass.kvm.x86.LocalApic;
import org.irqbypass.kvm.x86.X86;
import org.irqbypass.kvm.x86.X86Vcpu;
import org.irqbypass.legacy.KvmVfioDevice;
import org.irqbypass.legacy.LegacyApi;
import org.irqbypass.legacy.LegacyRules;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.scenario.KernelProfile;
import org.irqbypass.scenario.Platforms;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.vfio.Vfio;
import org.irqbypass.vfio.VfioContainerFile;
import org.irqbypass.vfio.VfioGroup;
import org.irqbypass.vfio.VfioGroupFile;
import org.irqbypass.vfio.pci.PciFunction;
import org.irqbypass.vfio.pci.VfioPciDevice;
import org.irqbypass.work.Waiter;
import org.irqbypass.work.WorkQueue;

/** A whole host of a kernel and a platform: what the tests here run on. */
final class Machine {
  private static final int COMMAND = 4;

  final HostKernel kernel;
  final HostInterrupts interrupts;
  final Vfio vfio;
  final Kvm kvm;
  private final Eventfds eventfds;
  private int groups;

  Machine(
      KernelProfile profile,
      String platformName,
      Contender contender,
      WorkQueue work,
      Waiter waiter) {
    Tracepoints trace = Tracepoints.untimed();
    HostPlatform platform = Platforms.make(platformName);
    ConnectPolicy policy =
        contender == Contender.EXPLICIT ? ConnectPolicy.DISABLED : ConnectPolicy.OPPORTUNISTIC;
    Architecture architecture =
        platformName.startsWith("arm64") ? new Arm64(GicHardware.GICV3) : new X86();
    kernel = HostKernel.start(platform, profile.registry(), work, waiter, trace);
    interrupts = new HostInterrupts(platform, waiter, trace);
    eventfds = new Eventfds(waiter, trace);
    vfio = new Vfio(kernel, profile.vfio(), policy);
    kvm = new Kvm(architecture, kernel, profile.kvm(), policy);
    LegacyApi.install(kvm, vfio, LegacyRules.PROPOSAL_2015);
  }

  /** An eventfd whose reads do not block. */
  int eventfd() {
    Set<EventfdFlag> flags = Set.of(EventfdFlag.NONBLOCK);
    return kernel.descriptors().install(new EventfdFile(new EventfdContext(eventfds, 0, flags)));
  }

  EventfdContext context(int eventfd) {
    return kernel.descriptors().eventfd(eventfd);
  }

  void close(int fd) {
    kernel.descriptors().close(fd);
  }

  /** A VM with interrupt controllers in the kernel, and vCPUs whose local APICs are on. */
  Vm vm(int vcpus) {
    Vm vm = kvm.vm(kvm.createVm());
    vm.createIrqchip();
    for (int id = 0; id < vcpus; id++) {
      X86Vcpu vcpu = (X86Vcpu) kvm.vcpu(vm.createVcpu(id));
      vcpu.localApic().setSpuriousVector(LocalApic.SOFTWARE_ENABLED | 0xff);
    }
    return vm;
  }

  /** Opens a device in a group of its own, with memory and bus master on. */
  OpenDevice open(PciFunction function) {
    VfioPciDevice device = new VfioPciDevice(vfio, function.name(), function);
    int groupFd = vfio.openGroup(new VfioGroup(vfio, ++groups).add(device));
    VfioGroupFile group = vfio.group(groupFd);
    int container = vfio.openContainer();
    group.setContainer(container);
    vfio.container(container).setIommu(VfioContainerFile.TYPE1_IOMMU);
    int fd = group.deviceFd(device.name());
    device.writeConfig(COMMAND, 2, PciFunction.COMMAND_MEMORY | PciFunction.COMMAND_MASTER);
    return new OpenDevice(device, function, fd, groupFd);
  }

  /** A KVM-VFIO device that knows a device's group. */
  KvmVfioDevice kvmVfio(Vm vm, OpenDevice device) {
    KvmVfioDevice made = (KvmVfioDevice) kvm.device(vm.createDevice(KvmVfioDevice.TYPE, 0));
    made.addGroup(device.groupFd);
    return made;
  }

  /** A device of VFIO's, with its hardware and its descriptors. */
  record OpenDevice(VfioPciDevice vfio, PciFunction function, int fd, int groupFd) {}
}
