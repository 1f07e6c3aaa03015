package org.irqbypass.kvm;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.function.Predicate;
import org.irqbypass.assembly.HostKernel;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.eventfd.DescriptorTable;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.eventfd.EventfdFile;
import org.irqbypass.eventfd.EventfdFlag;
import org.irqbypass.eventfd.Eventfds;
import org.irqbypass.host.HostInterrupts;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.HostPlatform;
import org.irqbypass.host.PostedPlatform;
import org.irqbypass.host.RemappedPlatform;
import org.irqbypass.kvm.x86.LocalApic;
import org.irqbypass.kvm.x86.X86;
import org.irqbypass.kvm.x86.X86Vcpu;
import org.irqbypass.registry.BypassConsumer;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.BypassRegistry;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.registry.LinuxPairing;
import org.irqbypass.registry.RegistryRules;
import org.irqbypass.trace.TraceEvent;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.work.CooperativeWaiter;
import org.irqbypass.work.DeterministicWorkQueue;
import org.irqbypass.work.Waiter;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.function.Executable;

/** A host with KVM, whose deferred work runs when a test says so and whose events it sees. */
public final class KvmHost implements AfterEachCallback {
  /** The address of a message to the local APIC with ID 0. */
  public static final long APIC_0 = 0xfee00000L;

  /** A descriptor that is not open. */
  public static final int CLOSED = 4711;

  public final Tracepoints trace = Tracepoints.untimed();
  public final List<TraceEvent> events = new ArrayList<>();
  public final DeterministicWorkQueue queue = new DeterministicWorkQueue();
  public final Waiter waiter = new CooperativeWaiter(queue);
  public final DescriptorTable descriptors = new DescriptorTable();
  public final Eventfds eventfds = new Eventfds(waiter, trace);
  public final BypassRegistry registry;
  public final HostInterrupts interrupts;
  public final Kvm kvm;
  private final List<Vm> vms = new ArrayList<>();

  /** A host that posts, with the rules of Linux 6.17. */
  public KvmHost() {
    this(new PostedPlatform("x86-posted"), KvmRules.LINUX_6_17, ConnectPolicy.OPPORTUNISTIC);
  }

  public KvmHost(HostPlatform platform, KvmRules rules, ConnectPolicy policy) {
    registry =
        new BypassRegistry(RegistryRules.LINUX_6_17, new LinuxPairing(), queue, waiter, trace);
    interrupts = new HostInterrupts(platform, waiter, trace);
    kvm =
        new Kvm(
            new X86(),
            new HostKernel(platform, descriptors, registry, queue, waiter, trace),
            rules,
            policy);
    trace.listen((nanos, event) -> events.add(event));
  }

  public static KvmHost remapped() {
    return new KvmHost(
        new RemappedPlatform("x86-remapped"), KvmRules.LINUX_6_17, ConnectPolicy.OPPORTUNISTIC);
  }

  public static KvmHost with(KvmRules rules) {
    return new KvmHost(new RemappedPlatform("x86-remapped"), rules, ConnectPolicy.OPPORTUNISTIC);
  }

  public static KvmHost with(ConnectPolicy policy) {
    return new KvmHost(new PostedPlatform("x86-posted"), KvmRules.LINUX_6_17, policy);
  }

  /** A VM without interrupt controllers and vCPUs. */
  public Vm bareVm() {
    Vm vm = kvm.vm(kvm.createVm());
    vms.add(vm);
    return vm;
  }

  /** Whatever a test called, it left no lock behind. */
  @Override
  public void afterEach(ExtensionContext test) throws InterruptedException {
    for (Vm vm : vms) {
      LocksKept.assertNone(vm);
    }
  }

  /** A VM with all interrupt controllers in the kernel, and vCPUs whose local APICs are enabled. */
  public Vm vm(int vcpus) {
    Vm vm = bareVm();
    vm.createIrqchip();
    return withVcpus(vm, vcpus);
  }

  /** A VM with local APICs only in the kernel. */
  public Vm splitVm(int vcpus) {
    Vm vm = bareVm();
    vm.enableSplitIrqchip(24);
    return withVcpus(vm, vcpus);
  }

  private static Vm withVcpus(Vm vm, int vcpus) {
    for (int id = 0; id < vcpus; id++) {
      vm.createVcpu(id);
      apic(vm, id).setSpuriousVector(LocalApic.SOFTWARE_ENABLED | 0xff);
    }
    return vm;
  }

  public static X86Vcpu vcpu(Vm vm, int id) {
    return (X86Vcpu) vm.vcpuById(id);
  }

  public static LocalApic apic(Vm vm, int id) {
    return vcpu(vm, id).localApic();
  }

  /** The vectors that wait at the first vCPU. */
  public static List<Integer> irr(Vm vm) {
    return apic(vm, 0).irr();
  }

  /** Opens an eventfd and returns its descriptor. */
  public int eventfd() {
    return eventfd(0);
  }

  public int eventfd(long count) {
    return descriptors.install(
        new EventfdFile(new EventfdContext(eventfds, count, EnumSet.of(EventfdFlag.NONBLOCK))));
  }

  public EventfdContext context(int fd) {
    return descriptors.eventfd(fd);
  }

  public static RoutingEntry msi(int gsi, int vector) {
    return RoutingEntry.msi(gsi, APIC_0, vector);
  }

  /** A message to one vCPU. */
  public static RoutingEntry msi(int gsi, int vcpu, int vector) {
    return RoutingEntry.msi(gsi, APIC_0 | (long) vcpu << 12, vector);
  }

  /** Makes these the VM's routes. */
  public static void route(Vm vm, RoutingEntry... entries) {
    vm.setGsiRouting(List.of(entries), 0);
  }

  public Irqfd assign(Vm vm, int fd, int gsi) {
    vm.irqfd(IrqfdRequest.assign(fd, gsi));
    return irqfd(vm, fd, gsi);
  }

  public Irqfd irqfd(Vm vm, int fd, int gsi) {
    Irqfd irqfd = vm.irqfdOf(context(fd), gsi);
    assertThat(irqfd).isNotNull();
    return java.util.Objects.requireNonNull(irqfd);
  }

  /** A producer such as VFIO registers for a message. */
  public Producer producer(ConnectPolicy policy) {
    HostIrq irq = interrupts.allocateMessage("msi");
    irq.request(handled -> true, true);
    return new Producer(irq, policy);
  }

  /** A producer that accepts everything, registered under an eventfd. */
  public Producer produce(int fd) {
    Producer producer = producer(ConnectPolicy.OPPORTUNISTIC);
    registry.register(producer, context(fd));
    return producer;
  }

  /** What a test sees of a producer. */
  public static final class Producer extends BypassProducer {
    public Runnable onAdd = () -> {};

    Producer(HostIrq irq, ConnectPolicy policy) {
      super(irq, policy);
    }

    @Override
    protected int addConsumer(BypassConsumer consumer) {
      onAdd.run();
      return 0;
    }
  }

  /** Runs all deferred work. */
  public void work() {
    queue.runAll();
  }

  /** The events of one kind, in order. */
  public <E extends TraceEvent> List<E> events(Class<E> kind) {
    return events.stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  /** The simple names of the events that pass, in order. */
  public List<String> eventNames(Predicate<TraceEvent> which) {
    return events.stream().filter(which).map(event -> event.getClass().getSimpleName()).toList();
  }

  /** That a call is refused with an errno. */
  public static ErrnoException assertErrno(Errno errno, Executable call) {
    ErrnoException refused = assertThrows(ErrnoException.class, call);
    assertThat(refused.errno()).isEqualTo(errno);
    return refused;
  }
}
