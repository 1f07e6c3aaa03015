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
import org.irqbypass.work.DeterministicWorkQueue;

/**
 * A host with one VM of one vCPU, whose deferred work waits until the arbiter runs it. Small: a
 * suite makes a fresh one for each sample.
 */
public final class X86Host {
  /** The gsi that a test routes: no pin of an interrupt controller. */
  public static final int GSI = 24;

  private static final long APIC_0 = 0xfee00000L;

  /** The work that a call leaves behind. */
  public final DeterministicWorkQueue work = new DeterministicWorkQueue();

  /** How callers wait. */
  public final NotedWaits waits = new NotedWaits();

  private final Tracepoints trace = Tracepoints.untimed();

  /** The host's eventfds. */
  public final Eventfds eventfds = new Eventfds(waits, trace);

  /** The host's interrupts. */
  public final HostInterrupts interrupts;

  /** What VFIO and KVM share. */
  public final HostKernel kernel;

  /** The VM. */
  public final Vm vm;

  /** Its vCPU, loaded and outside guest mode. */
  public final X86Vcpu vcpu;

  private X86Host(HostPlatform platform) {
    interrupts = new HostInterrupts(platform, waits, trace);
    kernel = HostKernel.start(platform, RegistryRules.LINUX_6_17, work, waits, trace);
    Kvm kvm = new Kvm(new X86(), kernel, KvmRules.LINUX_6_17, ConnectPolicy.OPPORTUNISTIC);
    vm = kvm.vm(kvm.createVm());
    vm.createIrqchip();
    var unused = vm.createVcpu(0);
    vcpu = (X86Vcpu) vm.vcpuById(0);
    vcpu.localApic().setSpuriousVector(LocalApic.SOFTWARE_ENABLED | 0xff);
  }

  /** A host whose IOMMU posts. */
  public static X86Host posting() {
    return new X86Host(new PostedPlatform("x86-posted"));
  }

  /** A host that bypasses nothing. */
  public static X86Host remapping() {
    return new X86Host(new RemappedPlatform("x86-remapped"));
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
}
