package org.irqbypass.readme;

import static com.google.common.truth.Truth.assertThat;
import static java.util.stream.Collectors.joining;

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
import org.irqbypass.host.PostedPlatform;
import org.irqbypass.host.Raise;
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
import org.junit.jupiter.api.Test;

/** The library in twenty lines: what the README shows is this test's code, to the letter. */
class ReadmeExampleTest {
  @Test
  void theExampleBypassesTheHost() {
    // README begins
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

    assertThat(function.raiseMsix(0)).isEqualTo(Raise.POSTED); // nobody asked for that
    assertThat(vcpu.take()).isEqualTo(0x41);
    // README ends
  }

  @Test
  void theReadmeShowsThisTestsCode() throws IOException {
    Path root = Path.of("..", "..");
    Path source =
        Path.of("src", "test", "java", "org", "irqbypass", "readme", "ReadmeExampleTest.java");
    List<String> lines = Files.readAllLines(source);
    String shown =
        lines.subList(indexOf(lines, "begins") + 1, indexOf(lines, "ends")).stream()
            .map(line -> line.isEmpty() ? line : line.substring(4))
            .collect(joining("\n"));
    assertThat(Files.readString(root.resolve("README.md"))).contains(shown);
  }

  private static int indexOf(List<String> lines, String word) {
    return lines.indexOf("    // README " + word);
  }
}
