package org.irqbypass.concurrency;

import java.util.List;
import java.util.Set;
import org.irqbypass.assembly.HostKernel;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.eventfd.EventfdFile;
import org.irqbypass.eventfd.EventfdFlag;
import org.irqbypass.eventfd.Eventfds;
import org.irqbypass.host.HostInterrupts;
import org.irqbypass.host.HostPlatform;
import org.irqbypass.host.PostedPlatform;
import org.irqbypass.host.Raise;
import org.irqbypass.host.RemappedPlatform;
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
import org.irqbypass.work.DeterministicWorkQueue;
import org.irqbypass.work.Waiter;
import org.irqbypass.work.WorkQueue;

/** A host with one VM of one vCPU. Small: a suite makes a fresh one for each sample. */
public final class X86Host {
  /** The gsi that a test routes: no pin of an interrupt controller. */
  public static final int GSI = 24;

  private static final long APIC_0 = 0xfee00000L;

  private final Runnable deferred;
  private final Tracepoints trace = Tracepoints.untimed();

  private final Eventfds eventfds;

  private final HostInterrupts interrupts;

  /** What VFIO and KVM share. */
  public final HostKernel kernel;

  /** The host's KVM. */
  public final Kvm kvm;

  /** The host's VFIO. */
  public final Vfio vfio;

  /** The VM. */
  public final Vm vm;

  /** Its vCPU, loaded and outside guest mode. */
  public final X86Vcpu vcpu;

  /**
   * A host.
   *
   * @param platform its hardware
   * @param policy of what registers by itself
   * @param queue runs deferred work
   * @param waiter is how callers wait
   * @param deferred runs what is queued
   */
  public X86Host(
      HostPlatform platform,
      ConnectPolicy policy,
      WorkQueue queue,
      Waiter waiter,
      Runnable deferred) {
    this.deferred = deferred;
    eventfds = new Eventfds(waiter, trace);
    interrupts = new HostInterrupts(platform, waiter, trace);
    kernel = HostKernel.start(platform, RegistryRules.LINUX_6_17, queue, waiter, trace);
    vfio = new Vfio(kernel, VfioRules.LINUX_6_17, policy);
    kvm = new Kvm(new X86(), kernel, KvmRules.LINUX_6_17, policy);
    vm = kvm.vm(kvm.createVm());
    vm.createIrqchip();
    var unused = vm.createVcpu(0);
    vcpu = (X86Vcpu) vm.vcpuById(0);
    vcpu.localApic().setSpuriousVector(LocalApic.SOFTWARE_ENABLED | 0xff);
  }

  /** A host whose IOMMU posts. */
  public static X86Host posting() {
    return inOrder(new PostedPlatform("x86-posted"));
  }

  /** A host that bypasses nothing. */
  public static X86Host remapping() {
    return inOrder(new RemappedPlatform("x86-remapped"));
  }

  private static X86Host inOrder(HostPlatform platform) {
    DeterministicWorkQueue queue = new DeterministicWorkQueue();
    return new X86Host(
        platform, ConnectPolicy.OPPORTUNISTIC, queue, new SpinningWaits(), queue::runAll);
  }

  /** A route for {@link #GSI}. */
  public static List<RoutingEntry> route(int vector) {
    return List.of(RoutingEntry.msi(GSI, APIC_0, vector));
  }

  /** An eventfd that does not block. */
  public EventfdContext eventfd() {
    return new EventfdContext(eventfds, 0, Set.of(EventfdFlag.NONBLOCK));
  }

  /** A descriptor for an eventfd. */
  public int install(EventfdContext eventfd) {
    return kernel.descriptors().install(new EventfdFile(eventfd));
  }

  /** A device behind VFIO, whose only MSI-X vector signals an eventfd. */
  public Device device(EventfdContext trigger) {
    Device device = device(1);
    device.trigger(install(trigger));
    return device;
  }

  /** A device behind VFIO, with vectors that signal nothing. */
  public Device device(int vectors) {
    PciFunction function = PciFunction.builder(interrupts, "nic").msix(vectors).build();
    VfioPciDevice driver = new VfioPciDevice(vfio, "nic", function);
    VfioGroup group = new VfioGroup(vfio, 0).add(driver);
    int groupFd = vfio.openGroup(group);
    var opened = vfio.group(groupFd);
    int container = vfio.openContainer();
    opened.setContainer(container);
    vfio.container(container).setIommu(VfioContainerFile.TYPE1_IOMMU);
    int fd = opened.deviceFd("nic");
    driver.writeConfig(4, 2, PciFunction.COMMAND_MEMORY | PciFunction.COMMAND_MASTER);
    return new Device(function, driver, groupFd, fd);
  }

  /** What a guest takes, a vector each, once deferred work has run. */
  public String takeAll() {
    deferred.run();
    StringBuilder taken = new StringBuilder();
    for (int vector = vcpu.take(); vector >= 0; vector = vcpu.take()) {
      vcpu.end(vector);
      taken.append(Integer.toHexString(vector)).append(' ');
    }
    return taken.toString().trim();
  }

  /** A device: what raises its interrupt, and the driver by which userspace configures it. */
  public record Device(PciFunction function, VfioPciDevice driver, int groupFd, int fd) {
    /** Has the vector signal an eventfd; below 0: nothing. */
    public void trigger(int eventfd) {
      var unused = driver.setIrqs(IrqSet.trigger(IrqIndex.MSIX, 0, eventfd));
    }

    /** The device interrupts. */
    public Raise raise() {
      return function.raiseMsix(0);
    }
  }
}
