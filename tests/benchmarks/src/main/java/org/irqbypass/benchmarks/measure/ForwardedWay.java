package org.irqbypass.benchmarks.measure;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.irqbypass.assembly.HostKernel;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.eventfd.EventfdFile;
import org.irqbypass.eventfd.EventfdFlag;
import org.irqbypass.eventfd.Eventfds;
import org.irqbypass.host.ForwardingPlatform;
import org.irqbypass.host.HostInterrupts;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.Trigger;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.Kvm;
import org.irqbypass.kvm.KvmRules;
import org.irqbypass.kvm.Vm;
import org.irqbypass.kvm.arm64.Arm64;
import org.irqbypass.kvm.arm64.Arm64Vcpu;
import org.irqbypass.kvm.arm64.Arm64Vm;
import org.irqbypass.kvm.arm64.GicBringUp;
import org.irqbypass.kvm.arm64.GicHardware;
import org.irqbypass.kvm.arm64.Vgic;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.registry.RegistryRules;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.vfio.IrqSet;
import org.irqbypass.vfio.Vfio;
import org.irqbypass.vfio.VfioContainerFile;
import org.irqbypass.vfio.VfioGroup;
import org.irqbypass.vfio.VfioRules;
import org.irqbypass.vfio.platform.PlatformIrq;
import org.irqbypass.vfio.platform.VfioPlatformDevice;
import org.irqbypass.work.ExecutorWorkQueue;
import org.irqbypass.work.ThreadWaiter;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * A wired interrupt that is forwarded: the list register carries the host's interrupt, and the
 * guest's completion completes that too.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ForwardedWay {
  private static final int WIRES = 64;

  /** Makes the benchmark; JMH does. */
  public ForwardedWay() {}

  /** Devices with a wire each, forwarded to a vCPU each. */
  @State(Scope.Thread)
  public static class Wires {
    final HostIrq[] irqs = new HostIrq[WIRES];
    final Arm64Vcpu[] vcpus = new Arm64Vcpu[WIRES];
    final int[] taken = new int[WIRES];
    private final HostKernel kernel;
    long raised;

    /** Makes them. */
    public Wires() {
      var trace = Tracepoints.untimed();
      var waiter = new ThreadWaiter();
      var platform = new ForwardingPlatform("arm64-gicv3");
      var interrupts = new HostInterrupts(platform, waiter, trace);
      var eventfds = new Eventfds(waiter, trace);
      var work = new ExecutorWorkQueue(new DeferredWork(), waiter);
      kernel = HostKernel.start(platform, RegistryRules.LINUX_6_17, work, waiter, trace);
      var vfio =
          new Vfio(kernel, VfioRules.LINUX_6_17.withWiredProducers(), ConnectPolicy.OPPORTUNISTIC);
      var kvm =
          new Kvm(
              new Arm64(GicHardware.GICV3),
              kernel,
              KvmRules.LINUX_6_17,
              ConnectPolicy.OPPORTUNISTIC);
      Vm vm = kvm.vm(kvm.createVm());
      var opened = new GicBringUp(WIRES, WIRES, false, false, false).bringUp(vm);
      Check.equal(opened.vcpus().size(), WIRES, "vCPUs");
      Vgic vgic = Arm64Vm.of(vm).vgic();
      Arrays.fill(taken, -1);
      for (int wire = 0; wire < WIRES; wire++) {
        HostIrq irq = interrupts.allocate("uart" + wire, Trigger.EDGE);
        var device = new VfioPlatformDevice(vfio, irq.name(), List.of(new PlatformIrq(irq)));
        open(vfio, device, wire);
        int intid = Vgic.PRIVATE_IRQS + wire;
        vgic.configureSpi(intid, Trigger.EDGE, true);
        vgic.setTarget(intid, wire);
        int fd =
            kernel
                .descriptors()
                .install(
                    new EventfdFile(new EventfdContext(eventfds, 0, Set.of(EventfdFlag.NONBLOCK))));
        vm.irqfd(IrqfdRequest.assign(fd, wire));
        var unused = device.setIrqs(IrqSet.trigger(0, 0, fd));
        irqs[wire] = irq;
        vcpus[wire] = (Arm64Vcpu) vm.vcpuById(wire);
        vcpus[wire].enter();
      }
    }

    private static void open(Vfio vfio, VfioPlatformDevice device, int number) {
      var group = vfio.group(vfio.openGroup(new VfioGroup(vfio, number).add(device)));
      int container = vfio.openContainer();
      group.setContainer(container);
      vfio.container(container).setIommu(VfioContainerFile.TYPE1_IOMMU);
      var unused = group.deviceFd(device.name());
    }

    void raise() {
      for (int wire = 0; wire < WIRES; wire++) {
        var unused = irqs[wire].raise();
        taken[wire] = vcpus[wire].take();
      }
      raised += WIRES;
    }

    void complete() {
      for (int wire = 0; wire < WIRES; wire++) {
        if (taken[wire] >= 0) {
          vcpus[wire].end(taken[wire]);
          taken[wire] = -1;
        }
      }
    }

    /** That all are forwarded, and each interrupt was handled once and is completed. */
    @TearDown
    public void check() {
      complete();
      Check.equal(kernel.registry().connected(), WIRES, "pairings");
      long handled = 0;
      for (HostIrq irq : irqs) {
        handled += irq.handledCount();
        Check.that(irq.isForwarded() && !irq.isActive(), irq + " is forwarded and idle");
      }
      Check.equal(handled, raised, "interrupts handled");
    }
  }

  /** Before each batch all wires are idle. */
  @State(Scope.Thread)
  public static class Idle extends Wires {
    /** Completes what is active. */
    @Setup(Level.Invocation)
    public void completeAll() {
      complete();
    }
  }

  /** Before each batch the guest has taken an interrupt of each wire. */
  @State(Scope.Thread)
  public static class Taken extends Wires {
    /** Raises and takes. */
    @Setup(Level.Invocation)
    public void raiseAll() {
      raise();
    }
  }

  /** A device raises; the running guest takes the interrupt from a list register. */
  @Benchmark
  @OperationsPerInvocation(WIRES)
  public int[] raise(Idle wires) {
    wires.raise();
    return wires.taken;
  }

  /** The guest ends the interrupt, and so completes the host's. */
  @Benchmark
  @OperationsPerInvocation(WIRES)
  public int[] complete(Taken wires) {
    wires.complete();
    return wires.taken;
  }
}
