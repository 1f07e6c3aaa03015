package org.example.hypervisor;

import java.util.List;
import java.util.Set;
import org.irqbypass.assembly.HostKernel;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.eventfd.EventfdFile;
import org.irqbypass.eventfd.Eventfds;
import org.irqbypass.host.HostInterrupts;
import org.irqbypass.host.PostedPlatform;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.Kvm;
import org.irqbypass.kvm.KvmRules;
import org.irqbypass.kvm.Msi;
import org.irqbypass.kvm.RoutingEntry;
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
import org.irqbypass.work.CooperativeWaiter;
import org.irqbypass.work.DeterministicWorkQueue;

/** The README's example, as somebody else's program. */
public final class Hypervisor {
  private Hypervisor() {}

  /** Raises one interrupt, and prints its way and what the guest takes. */
  public static void main(String[] arguments) {
    var work = new DeterministicWorkQueue();
    var waiter = new CooperativeWaiter(work);
    var trace = Tracepoints.untimed();
    var platform = new PostedPlatform("x86-posted");
    var policy = ConnectPolicy.OPPORTUNISTIC;
    var kernel = HostKernel.start(platform, RegistryRules.LINUX_6_17, work, waiter, trace);
    var vfio = new Vfio(kernel, VfioRules.LINUX_6_17, policy);
    var kvm = new Kvm(new X86(), kernel, KvmRules.LINUX_6_17, policy);

    var function =
        PciFunction.builder(new HostInterrupts(platform, waiter, trace), "nic").msix(4).build();
    var nic = new VfioPciDevice(vfio, "nic", function);
    var group = vfio.group(vfio.openGroup(new VfioGroup(vfio, 1).add(nic)));
    int container = vfio.openContainer();
    group.setContainer(container);
    vfio.container(container).setIommu(VfioContainerFile.TYPE1_IOMMU);
    group.deviceFd("nic");
    nic.writeConfig(4, 2, PciFunction.COMMAND_MEMORY | PciFunction.COMMAND_MASTER);

    var vm = kvm.vm(kvm.createVm());
    vm.createIrqchip();
    var vcpu = (X86Vcpu) kvm.vcpu(vm.createVcpu(0));
    vcpu.localApic().setSpuriousVector(LocalApic.SOFTWARE_ENABLED | 0xff);
    vm.setGsiRouting(List.of(new RoutingEntry.Message(24, Msi.of(0xfee00000L, 0x41))), 0);

    var context = new EventfdContext(new Eventfds(waiter, trace), 0, Set.of());
    int eventfd = kernel.descriptors().install(new EventfdFile(context));
    nic.setIrqs(IrqSet.trigger(IrqIndex.MSIX, 0, eventfd)); // VFIO: MSI-X 0 signals this eventfd
    vm.irqfd(IrqfdRequest.assign(eventfd, 24)); // KVM: this eventfd becomes GSI 24

    System.out.println(function.raiseMsix(0));
    System.out.println(Integer.toHexString(vcpu.take()));
  }
}
