package org.irqbypass.readme;

import static com.google.common.truth.Truth.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.irqbypass.assembly.HostKernel;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.eventfd.EventfdFile;
import org.irqbypass.eventfd.Eventfds;
import org.irqbypass.host.HostInterrupts;
import org.irqbypass.host.Raise;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.Kvm;
import org.irqbypass.kvm.KvmRules;
import org.irqbypass.kvm.Msi;
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
import org.irqbypass.work.CooperativeWaiter;
import org.irqbypass.work.DeterministicWorkQueue;
import org.junit.jupiter.api.Test;

/** A platform that the library has never heard of takes part in everything. */
class OwnPlatformTest {
  private final ModeratingPlatform platform = new ModeratingPlatform();
  private final DeterministicWorkQueue work = new DeterministicWorkQueue();
  private final CooperativeWaiter waiter = new CooperativeWaiter(work);
  private final Tracepoints trace = Tracepoints.untimed();
  private final HostKernel kernel =
      HostKernel.start(platform, RegistryRules.LINUX_6_17, work, waiter, trace);
  private final PciFunction function =
      PciFunction.builder(new HostInterrupts(platform, waiter, trace), "nic").msix(1).build();
  private final Kvm kvm =
      new Kvm(new X86(), kernel, KvmRules.LINUX_6_17, ConnectPolicy.OPPORTUNISTIC);
  private final Vm vm = kvm.vm(kvm.createVm());

  private X86Vcpu connected() {
    Vfio vfio = new Vfio(kernel, VfioRules.LINUX_6_17, ConnectPolicy.OPPORTUNISTIC);
    VfioPciDevice nic = new VfioPciDevice(vfio, "nic", function);
    VfioGroup owner = new VfioGroup(vfio, 1).add(nic);
    var group = vfio.group(vfio.openGroup(owner));
    int container = vfio.openContainer();
    group.setContainer(container);
    vfio.container(container).setIommu(VfioContainerFile.TYPE1_IOMMU);
    group.deviceFd("nic");
    nic.writeConfig(4, 2, PciFunction.COMMAND_MEMORY | PciFunction.COMMAND_MASTER);
    vm.createIrqchip();
    X86Vcpu vcpu = (X86Vcpu) kvm.vcpu(vm.createVcpu(0));
    vcpu.localApic().setSpuriousVector(LocalApic.SOFTWARE_ENABLED | 0xff);
    vm.setGsiRouting(List.of(new RoutingEntry.Message(24, Msi.of(0xfee00000L, 0x41))), 0);
    EventfdContext context = new EventfdContext(new Eventfds(waiter, trace), 0, Set.of());
    int eventfd = kernel.descriptors().install(new EventfdFile(context));
    nic.setIrqs(IrqSet.trigger(IrqIndex.MSIX, 0, eventfd));
    vm.irqfd(IrqfdRequest.assign(eventfd, 24));
    return vcpu;
  }

  @Test
  void interruptsReachTheGuestOnceATick() {
    X86Vcpu vcpu = connected();
    assertThat(function.raiseMsix(0)).isEqualTo(Raise.POSTED);
    assertThat(function.raiseMsix(0)).isEqualTo(Raise.POSTED);
    assertThat(vcpu.take()).isEqualTo(-1);
    platform.tick();
    assertThat(vcpu.take()).isEqualTo(0x41);
    vcpu.end(0x41);
    platform.tick();
    assertThat(vcpu.take()).isEqualTo(-1);
  }

  @Test
  void aRouteThatCannotBePostedGivesTheInterruptBackToTheHost() {
    X86Vcpu vcpu = connected();
    vm.setGsiRouting(List.of(), 0);
    assertThat(function.raiseMsix(0)).isEqualTo(Raise.HANDLED);
    platform.tick();
    assertThat(vcpu.take()).isEqualTo(-1);
  }

  @Test
  void theReadmeShowsThisPlatformsCodeInUnder60Lines() throws IOException {
    List<String> lines =
        Files.readAllLines(
            Path.of(
                "src", "test", "java", "org", "irqbypass", "readme", "ModeratingPlatform.java"));
    List<String> shown =
        lines.subList(lines.indexOf("// README begins") + 1, lines.indexOf("// README ends"));
    assertThat(shown.size()).isLessThan(60);
    assertThat(Files.readString(Path.of("..", "..", "registry", "README.md")))
        .contains(String.join("\n", shown));
  }
}
