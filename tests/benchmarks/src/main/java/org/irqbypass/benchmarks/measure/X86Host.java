package org.irqbypass.benchmarks.measure;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.irqbypass.assembly.HostKernel;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.eventfd.EventfdFile;
import org.irqbypass.eventfd.EventfdFlag;
import org.irqbypass.eventfd.Eventfds;
import org.irqbypass.host.HostInterrupts;
import org.irqbypass.host.HostPlatform;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.Kvm;
import org.irqbypass.kvm.KvmRules;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.Vm;
import org.irqbypass.kvm.x86.LocalApic;
import org.irqbypass.kvm.x86.X86;
import org.irqbypass.kvm.x86.X86Vcpu;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.registry.RegistryRules;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.vfio.IrqIndex;
import org.irqbypass.vfio.IrqSet;
import org.irqbypass.vfio.Vfio;
import org.irqbypass.vfio.VfioContainerFile;
import org.irqbypass.vfio.VfioGroup;
import org.irqbypass.vfio.VfioRules;
import org.irqbypass.vfio.pci.PciFunction;
import org.irqbypass.vfio.pci.VfioPciDevice;
import org.irqbypass.work.ExecutorWorkQueue;
import org.irqbypass.work.ThreadWaiter;

/**
 * A host as a simulated hypervisor would build it: callers are real threads, and deferred work is
 * handed over. Nobody traces unless a benchmark says so.
 */
final class X86Host {
  private static final long APIC_0 = 0xfee00000L;
  private static final int FIRST_VECTOR = 0x30;

  /** How many vectors of one vCPU a device uses. */
  static final int VECTORS_PER_VCPU = 128;

  /** The first gsi that is no pin of the IOAPIC. */
  static final int FIRST_GSI = 24;

  final Tracepoints trace = Tracepoints.untimed();
  final ThreadWaiter waiter = new ThreadWaiter();
  final DeferredWork deferred = new DeferredWork();
  final Eventfds eventfds = new Eventfds(waiter, trace);
  final HostPlatform platform;
  final HostInterrupts interrupts;
  final HostKernel kernel;
  final Kvm kvm;
  private final Vfio vfio;
  private int groups;

  X86Host(HostPlatform platform) {
    this.platform = platform;
    interrupts = new HostInterrupts(platform, waiter, trace);
    kernel =
        HostKernel.start(
            platform,
            RegistryRules.LINUX_6_17,
            new ExecutorWorkQueue(deferred, waiter),
            waiter,
            trace);
    vfio = new Vfio(kernel, VfioRules.LINUX_6_17, ConnectPolicy.OPPORTUNISTIC);
    kvm = new Kvm(new X86(), kernel, KvmRules.LINUX_6_17, ConnectPolicy.OPPORTUNISTIC);
  }

  /** A VM with all interrupt controllers, and vCPUs whose local APICs are enabled. */
  Vm vm(int vcpus) {
    Vm vm = kvm.vm(kvm.createVm());
    vm.createIrqchip();
    for (int id = 0; id < vcpus; id++) {
      var unused = vm.createVcpu(id);
      vcpu(vm, id).localApic().setSpuriousVector(LocalApic.SOFTWARE_ENABLED | 0xff);
    }
    return vm;
  }

  static X86Vcpu vcpu(Vm vm, int id) {
    return (X86Vcpu) vm.vcpuById(id);
  }

  /** A message for the how manieth vector of a device, spread over vCPUs. */
  static RoutingEntry message(int gsi, int vector) {
    int vcpu = vector / VECTORS_PER_VCPU;
    return RoutingEntry.msi(
        gsi, APIC_0 | (long) vcpu << 12, FIRST_VECTOR + vector % VECTORS_PER_VCPU);
  }

  EventfdContext eventfd() {
    return new EventfdContext(eventfds, 0, Set.of(EventfdFlag.NONBLOCK));
  }

  int install(EventfdContext eventfd) {
    return kernel.descriptors().install(new EventfdFile(eventfd));
  }

  /** A device behind VFIO whose MSI-X vectors are triggered, bound and routed to a VM's vCPUs. */
  PciFunction device(Vm vm, int vectors) {
    PciFunction function = PciFunction.builder(interrupts, "nic" + groups).msix(vectors).build();
    VfioPciDevice device = new VfioPciDevice(vfio, function.name(), function);
    var group = vfio.group(vfio.openGroup(new VfioGroup(vfio, groups++).add(device)));
    int container = vfio.openContainer();
    group.setContainer(container);
    vfio.container(container).setIommu(VfioContainerFile.TYPE1_IOMMU);
    var unused = group.deviceFd(device.name());
    device.writeConfig(4, 2, PciFunction.COMMAND_MEMORY | PciFunction.COMMAND_MASTER);
    List<RoutingEntry> routes = new ArrayList<>();
    int[] fds = new int[vectors];
    for (int vector = 0; vector < vectors; vector++) {
      routes.add(message(FIRST_GSI + vector, vector));
      fds[vector] = install(eventfd());
    }
    vm.setGsiRouting(routes, 0);
    var unusedToo = device.setIrqs(IrqSet.trigger(IrqIndex.MSIX, 0, fds));
    for (int vector = 0; vector < vectors; vector++) {
      vm.irqfd(IrqfdRequest.assign(fds[vector], FIRST_GSI + vector));
    }
    return function;
  }
}
