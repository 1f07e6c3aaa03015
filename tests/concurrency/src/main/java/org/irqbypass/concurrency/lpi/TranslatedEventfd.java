package org.irqbypass.concurrency.lpi;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.irqbypass.assembly.HostKernel;
import org.irqbypass.concurrency.SpinningWaits;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.eventfd.EventfdFile;
import org.irqbypass.eventfd.EventfdFlag;
import org.irqbypass.eventfd.Eventfds;
import org.irqbypass.host.HostPlatform;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.Kvm;
import org.irqbypass.kvm.KvmRules;
import org.irqbypass.kvm.Msi;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.Vm;
import org.irqbypass.kvm.arm64.Arm64;
import org.irqbypass.kvm.arm64.Arm64Vcpu;
import org.irqbypass.kvm.arm64.Arm64Vm;
import org.irqbypass.kvm.arm64.GicBringUp;
import org.irqbypass.kvm.arm64.GicHardware;
import org.irqbypass.kvm.arm64.Its;
import org.irqbypass.kvm.arm64.ItsCommand;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.registry.RegistryRules;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.work.DeterministicWorkQueue;

/**
 * An eventfd that is bound to a message, which the guest's ITS translates to {@link #LPI} of the
 * first of two vCPUs.
 */
class TranslatedEventfd {
  static final int DEVICE = 32;
  static final int LPI = 8192;
  private static final int EVENT_BITS = 5;
  private static final int GSI = 24;
  private static final int SPIS = 32;

  final DeterministicWorkQueue deferred = new DeterministicWorkQueue();
  final SpinningWaits waiter = new SpinningWaits();
  final Tracepoints trace = Tracepoints.untimed();
  final HostPlatform platform;
  final HostKernel kernel;
  final Vm vm;
  final Its its;
  final EventfdContext eventfd;

  TranslatedEventfd(HostPlatform platform, GicHardware hardware) {
    this.platform = platform;
    kernel = HostKernel.start(platform, RegistryRules.LINUX_6_17, deferred, waiter, trace);
    Kvm kvm =
        new Kvm(new Arm64(hardware), kernel, KvmRules.LINUX_6_17, ConnectPolicy.OPPORTUNISTIC);
    vm = kvm.vm(kvm.createVm());
    var unused = new GicBringUp(2, SPIS, true, true, true).bringUp(vm);
    its = Arm64Vm.of(vm).itses().get(0);
    its.execute(new ItsCommand.Mapd(DEVICE, EVENT_BITS, true));
    translate(0);
    vm.setGsiRouting(List.of(RoutingEntry.msi(GSI, its.doorbell(), 0, DEVICE)), 0);
    eventfd = new EventfdContext(new Eventfds(waiter, trace), 0, Set.of(EventfdFlag.NONBLOCK));
    int fd = kernel.descriptors().install(new EventfdFile(eventfd));
    vm.irqfd(IrqfdRequest.assign(fd, GSI));
  }

  /** The guest translates an event to the LPI of its place, which goes to the first vCPU. */
  final void translate(int event) {
    its.execute(new ItsCommand.Mapti(DEVICE, event, LPI + event, 0));
  }

  /** Userspace sends the message of an event. */
  final void send(int event) {
    var unused = vm.signalMsi(Msi.of(its.doorbell(), event, DEVICE));
  }

  /** What a guest takes and ends on a vCPU, once deferred work has run. */
  final String takeAll(int vcpu) {
    deferred.runAll();
    Arm64Vcpu running = (Arm64Vcpu) vm.vcpuById(vcpu);
    List<String> taken = new ArrayList<>();
    running.enter();
    for (int intid = running.take(); intid >= 0; intid = running.take()) {
      running.end(intid);
      taken.add(Integer.toString(intid));
    }
    running.leave();
    return String.join(" ", taken);
  }
}
