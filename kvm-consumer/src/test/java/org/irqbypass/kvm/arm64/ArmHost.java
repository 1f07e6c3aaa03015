package org.irqbypass.kvm.arm64;

import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.common.collect.ImmutableList;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.irqbypass.assembly.HostKernel;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.eventfd.DescriptorTable;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.eventfd.EventfdFile;
import org.irqbypass.eventfd.EventfdFlag;
import org.irqbypass.eventfd.Eventfds;
import org.irqbypass.host.ForwardingPlatform;
import org.irqbypass.host.HostInterrupts;
import org.irqbypass.host.HostPlatform;
import org.irqbypass.host.VirtualLpiPlatform;
import org.irqbypass.kvm.Kvm;
import org.irqbypass.kvm.KvmDevice;
import org.irqbypass.kvm.KvmRules;
import org.irqbypass.kvm.LocksKept;
import org.irqbypass.kvm.VcpuEvent;
import org.irqbypass.kvm.Vm;
import org.irqbypass.registry.BypassRegistry;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.registry.LinuxPairing;
import org.irqbypass.registry.RegistryRules;
import org.irqbypass.trace.TraceEvent;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.work.CooperativeWaiter;
import org.irqbypass.work.DeterministicWorkQueue;
import org.irqbypass.work.Waiter;
import org.irqbypass.work.WorkQueue;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.function.Executable;

/** An Arm host with one VM, as tests of this room need it. */
final class ArmHost implements AfterEachCallback {
  final DeterministicWorkQueue deferred;
  final List<TraceEvent> events = new ArrayList<>();
  final Tracepoints trace = Tracepoints.untimed();
  final DescriptorTable descriptors = new DescriptorTable();
  final HostPlatform platform;
  final Eventfds eventfds;
  final HostInterrupts interrupts;
  final BypassRegistry registry;
  final Kvm kvm;
  final int vmFd;
  final Vm vm;
  final Arm64Vm arm64;
  final Vgic vgic;

  ArmHost() {
    this(GicHardware.GICV3, ConnectPolicy.OPPORTUNISTIC);
  }

  ArmHost(GicHardware hardware, ConnectPolicy policy) {
    this(hardware, KvmRules.LINUX_6_17, policy, new DeterministicWorkQueue());
  }

  /** A host with virtual LPIs. */
  ArmHost(KvmRules rules) {
    this(GicHardware.GICV4, rules, ConnectPolicy.OPPORTUNISTIC, new DeterministicWorkQueue());
  }

  private ArmHost(
      GicHardware hardware, KvmRules rules, ConnectPolicy policy, DeterministicWorkQueue deferred) {
    this(hardware, rules, policy, deferred, deferred, new CooperativeWaiter(deferred));
    trace.listen((nanos, event) -> events.add(event));
  }

  /** For tests with threads: nobody listens. */
  ArmHost(GicHardware hardware, WorkQueue workQueue, Waiter waiter) {
    this(
        hardware,
        KvmRules.LINUX_6_17,
        ConnectPolicy.OPPORTUNISTIC,
        new DeterministicWorkQueue(),
        workQueue,
        waiter);
  }

  private ArmHost(
      GicHardware hardware,
      KvmRules rules,
      ConnectPolicy policy,
      DeterministicWorkQueue deferred,
      WorkQueue workQueue,
      Waiter waiter) {
    this.deferred = deferred;
    platform = platform(hardware);
    eventfds = new Eventfds(waiter, trace);
    interrupts = new HostInterrupts(platform, waiter, trace);
    registry =
        new BypassRegistry(RegistryRules.LINUX_6_17, new LinuxPairing(), workQueue, waiter, trace);
    kvm =
        new Kvm(
            new Arm64(hardware),
            new HostKernel(platform, descriptors, registry, workQueue, waiter, trace),
            rules,
            policy);
    vmFd = kvm.createVm();
    vm = kvm.vm(vmFd);
    arm64 = Arm64Vm.of(vm);
    vgic = arm64.vgic();
  }

  /** Whatever a test called, it left no lock behind. */
  @Override
  public void afterEach(ExtensionContext test) throws InterruptedException {
    LocksKept.assertNone(vm);
  }

  private static HostPlatform platform(GicHardware hardware) {
    if (hardware.virtualLpis()) {
      return new VirtualLpiPlatform("arm64-gicv4");
    }
    return new ForwardingPlatform(
        hardware.version() == GicVersion.V2 ? "arm64-gicv2" : "arm64-gicv3");
  }

  /** A VM that is ready for SPIs. */
  ArmHost withGic() {
    var unused = GicBringUp.WITHOUT_ITS.bringUp(vm);
    return this;
  }

  /** A VM that is ready for messages, with as many vCPUs as collections. */
  ArmHost withIts(int vcpus) {
    var unused = new GicBringUp(vcpus, 64, true, true, true).bringUp(vm);
    return this;
  }

  Arm64Vcpu vcpu(int id) {
    return (Arm64Vcpu) vm.vcpuById(id);
  }

  /** A new eventfd's descriptor. */
  int eventfd() {
    return descriptors.install(
        new EventfdFile(new EventfdContext(eventfds, 0, EnumSet.of(EventfdFlag.NONBLOCK))));
  }

  EventfdContext context(int fd) {
    return descriptors.eventfd(fd);
  }

  void write(int fd) {
    context(fd).write(1);
    deferred.runAll();
  }

  /** What an eventfd has counted; 0 if nothing. */
  long read(int fd) {
    try {
      return context(fd).read();
    } catch (ErrnoException empty) {
      return 0;
    }
  }

  /** What the guest takes and ends until nothing is left, at most 64. */
  ImmutableList<Integer> run(int vcpu) {
    Arm64Vcpu running = vcpu(vcpu);
    ImmutableList.Builder<Integer> taken = ImmutableList.builder();
    running.enter();
    for (int i = 0; i < 64; i++) {
      int intid = running.take();
      if (intid < 0) {
        break;
      }
      taken.add(intid);
      running.end(intid);
      deferred.runAll();
    }
    running.leave();
    return taken.build();
  }

  static Errno errnoOf(Executable call) {
    return assertThrows(ErrnoException.class, call).errno();
  }

  KvmDevice device(int fd) {
    return kvm.device(fd);
  }

  static ByteBuffer u32(int value) {
    return ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(value).flip();
  }

  static ByteBuffer u64(long value) {
    return ByteBuffer.allocate(8).order(ByteOrder.nativeOrder()).putLong(value).flip();
  }

  long exits(VcpuEvent.Reason reason) {
    return events.stream()
        .filter(event -> event instanceof VcpuEvent.Exit exit && exit.reason() == reason)
        .count();
  }

  <E extends TraceEvent> ImmutableList<E> events(Class<E> kind) {
    return events.stream()
        .filter(kind::isInstance)
        .map(kind::cast)
        .collect(ImmutableList.toImmutableList());
  }
}
