package org.irqbypass.legacy;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.common.collect.ImmutableList;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.irqbypass.assembly.HostKernel;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.eventfd.AnonymousFile;
import org.irqbypass.eventfd.DescriptorTable;
import org.irqbypass.eventfd.EventfdFile;
import org.irqbypass.eventfd.Eventfds;
import org.irqbypass.host.BypassMode;
import org.irqbypass.host.ForwardingPlatform;
import org.irqbypass.host.HostInterrupts;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.HostPlatform;
import org.irqbypass.host.PostedPlatform;
import org.irqbypass.host.RemappedPlatform;
import org.irqbypass.host.Trigger;
import org.irqbypass.kvm.Architecture;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.Kvm;
import org.irqbypass.kvm.KvmRules;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.Vm;
import org.irqbypass.kvm.arm64.Arm64;
import org.irqbypass.kvm.arm64.Arm64Vm;
import org.irqbypass.kvm.arm64.GicBringUp;
import org.irqbypass.kvm.arm64.GicHardware;
import org.irqbypass.kvm.x86.X86;
import org.irqbypass.kvm.x86.X86Vcpu;
import org.irqbypass.registry.BypassRegistry;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.registry.LinuxPairing;
import org.irqbypass.registry.RegistryRules;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.vfio.IrqSet;
import org.irqbypass.vfio.Vfio;
import org.irqbypass.vfio.VfioDevice;
import org.irqbypass.vfio.VfioGroup;
import org.irqbypass.vfio.VfioGroupFile;
import org.irqbypass.vfio.VfioRules;
import org.irqbypass.vfio.pci.PciFunction;
import org.irqbypass.vfio.pci.VfioPciDevice;
import org.irqbypass.vfio.platform.PlatformIrq;
import org.irqbypass.vfio.platform.VfioPlatformDevice;
import org.irqbypass.work.CooperativeWaiter;
import org.irqbypass.work.DeterministicWorkQueue;
import org.irqbypass.work.Waiter;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.function.Executable;

/** A whole host: registry, VFIO, KVM and what is between them, with a NIC and a UART. */
final class LegacyHost {
  static final int TYPE1_IOMMU = 1;

  /** An SPI's pin on the Arm interrupt controller. */
  static final int UART_PIN = 8;

  final Tracepoints trace = Tracepoints.untimed();
  final DeterministicWorkQueue queue = new DeterministicWorkQueue();
  final Waiter waiter = new CooperativeWaiter(queue);
  final DescriptorTable descriptors = new DescriptorTable();
  final Eventfds eventfds = new Eventfds(waiter, trace);
  final BypassRegistry registry =
      new BypassRegistry(RegistryRules.LINUX_6_17, new LinuxPairing(), queue, waiter, trace);
  final HostInterrupts interrupts;
  final Kvm kvm;
  final Vfio vfio;
  final LegacyApi api;
  final VfioGroup nicGroup;
  final PciFunction nicFunction;
  final VfioPciDevice nic;
  final VfioGroup uartGroup;
  final HostIrq uartIrq;
  final VfioPlatformDevice uart;
  int nicGroupFd = -1;
  int uartGroupFd = -1;

  LegacyHost(HostPlatform platform, ConnectPolicy automatic, LegacyRules rules) {
    this(
        platform,
        platform.bypass() == BypassMode.FORWARDED ? new Arm64(GicHardware.GICV2) : new X86(),
        automatic,
        rules);
  }

  LegacyHost(
      HostPlatform platform,
      Architecture architecture,
      ConnectPolicy automatic,
      LegacyRules rules) {
    HostKernel kernel = new HostKernel(platform, descriptors, registry, queue, waiter, trace);
    interrupts = new HostInterrupts(platform, waiter, trace);
    kvm = new Kvm(architecture, kernel, KvmRules.LINUX_6_17, automatic);
    vfio = new Vfio(kernel, VfioRules.LINUX_6_17.withWiredProducers(), automatic);
    api = LegacyApi.install(kvm, vfio, rules);
    nicFunction = PciFunction.builder(interrupts, "nic").msi(1).msix(4).build();
    nic = new VfioPciDevice(vfio, "nic", nicFunction);
    nicGroup = new VfioGroup(vfio, 1).add(nic);
    uartIrq = interrupts.allocate("uart", Trigger.LEVEL);
    uart = new VfioPlatformDevice(vfio, "uart", List.of(new PlatformIrq(uartIrq)));
    uartGroup = new VfioGroup(vfio, 2).add(uart);
  }

  static LegacyHost posting() {
    return posting(ConnectPolicy.DISABLED);
  }

  static LegacyHost posting(ConnectPolicy automatic) {
    return new LegacyHost(new PostedPlatform("x86-posted"), automatic, LegacyRules.PROPOSAL_2015);
  }

  static LegacyHost forwarding() {
    return forwarding(ConnectPolicy.DISABLED);
  }

  static LegacyHost forwarding(ConnectPolicy automatic) {
    return new LegacyHost(
        new ForwardingPlatform("arm64-gicv2"), automatic, LegacyRules.PROPOSAL_2015);
  }

  static LegacyHost remapping() {
    return new LegacyHost(
        new RemappedPlatform("x86-remapped"), ConnectPolicy.DISABLED, LegacyRules.PROPOSAL_2015);
  }

  int openNic() {
    nicGroupFd = openGroup(nicGroup);
    return openDevice(nicGroupFd, nic);
  }

  int openUart() {
    uartGroupFd = openGroup(uartGroup);
    return openDevice(uartGroupFd, uart);
  }

  int openGroup(VfioGroup group) {
    return vfio.openGroup(group);
  }

  private int openDevice(int groupFd, VfioDevice device) {
    int container = vfio.openContainer();
    VfioGroupFile file = vfio.group(groupFd);
    file.setContainer(container);
    vfio.container(container).setIommu(TYPE1_IOMMU);
    int fd = file.deviceFd(device.name());
    if (device == nic) {
      nic.writeConfig(4, 2, PciFunction.COMMAND_MASTER | PciFunction.COMMAND_MEMORY);
    }
    return fd;
  }

  /** A VM whose interrupt controller is ready and whose one vCPU takes everything. */
  int openGuest() {
    int fd = kvm.createVm();
    Vm vm = kvm.vm(fd);
    if (kvm.kernel().platform().bypass() == BypassMode.FORWARDED) {
      GicBringUp.WITHOUT_ITS.bringUp(vm);
      int intid = 32 + UART_PIN;
      Arm64Vm.of(vm).vgic().configureSpi(intid, Trigger.LEVEL, true);
    } else {
      vm.createIrqchip();
      vm.createVcpu(0);
      ((X86Vcpu) vm.vcpuById(0)).localApic().setSpuriousVector(0x1ff);
    }
    return fd;
  }

  /** A KVM-VFIO device that knows both groups, where they are open. */
  KvmVfioDevice openKv(int vmFd) {
    KvmVfioDevice kv = device(createKv(vmFd));
    if (nicGroupFd >= 0) {
      kv.addGroup(nicGroupFd);
    }
    if (uartGroupFd >= 0) {
      kv.addGroup(uartGroupFd);
    }
    return kv;
  }

  int createKv(int vmFd) {
    return kvm.vm(vmFd).createDevice(KvmVfioDevice.TYPE, 0);
  }

  KvmVfioDevice device(int fd) {
    return (KvmVfioDevice) kvm.device(fd);
  }

  int eventfd() {
    return descriptors.install(new EventfdFile(eventfds.create(0, Eventfds.EFD_NONBLOCK)));
  }

  int otherFile() {
    return descriptors.install(new AnonymousFile());
  }

  /** A route to vCPU 0. */
  static RoutingEntry message(int gsi, int vector) {
    return RoutingEntry.msi(gsi, 0xfee00000L, vector);
  }

  void route(int vmFd, RoutingEntry... entries) {
    kvm.vm(vmFd).setGsiRouting(List.of(entries), 0);
  }

  void bind(int vmFd, int eventfd, int gsi) {
    kvm.vm(vmFd).irqfd(IrqfdRequest.assign(eventfd, gsi));
  }

  void trigger(VfioDevice device, int index, int start, int... eventfds) {
    assertThat(device.setIrqs(IrqSet.trigger(index, start, eventfds))).isEqualTo(0);
  }

  static ByteBuffer descriptorPayload(int fd) {
    return ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.nativeOrder()).putInt(0, fd);
  }

  /** Everything of the host that an explicit call could change. */
  String state(KvmVfioDevice... kvs) {
    StringBuilder text = new StringBuilder();
    text.append(interrupts);
    for (HostIrq irq : interrupts.all()) {
      text.append(irq)
          .append(" active ")
          .append(irq.isActive())
          .append(" disabled ")
          .append(irq.isDisabled())
          .append('\n');
    }
    text.append("registered ").append(registry.registered());
    text.append(" connected ").append(registry.connected());
    text.append(" descriptors ").append(descriptors.open()).append('\n');
    for (KvmVfioDevice kv : kvs) {
      text.append(kv.forwarded()).append(kv.groups()).append(fingerprint(kv)).append('\n');
    }
    return text.toString();
  }

  /** What an explorer takes for the device's state, and its VM's. */
  static ImmutableList<String> fingerprint(KvmVfioDevice kv) {
    List<String> values = new ArrayList<>();
    FingerprintSink sink =
        new FingerprintSink() {
          @Override
          public FingerprintSink put(long value) {
            values.add(Long.toString(value));
            return this;
          }

          @Override
          public FingerprintSink putReference(@Nullable Object reference) {
            values.add(reference == null ? "null" : "" + System.identityHashCode(reference));
            return this;
          }
        };
    kv.writeTo(sink);
    kv.vm().writeTo(sink);
    return ImmutableList.copyOf(values);
  }

  /** The call is refused with this errno and nothing has changed. */
  void assertRefused(Errno errno, KvmVfioDevice kv, Executable call) {
    String before = state(kv);
    ErrnoException refused = assertThrows(ErrnoException.class, call);
    assertWithMessage("%s", refused.getMessage()).that(refused.errno()).isEqualTo(errno);
    assertThat(state(kv)).isEqualTo(before);
  }

  void assertNothingRegistered() {
    assertThat(registry.registered()).isEqualTo(0);
    assertThat(registry.connected()).isEqualTo(0);
    for (HostIrq irq : interrupts.all()) {
      assertThat(irq.vcpuAffinity()).isNull();
      assertThat(irq.isForwarded()).isFalse();
      assertThat(irq.isPosted()).isFalse();
    }
  }
}
