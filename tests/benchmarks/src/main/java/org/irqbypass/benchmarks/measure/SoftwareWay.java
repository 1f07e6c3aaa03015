package org.irqbypass.benchmarks.measure;

import java.util.concurrent.TimeUnit;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.host.Raise;
import org.irqbypass.host.RemappedPlatform;
import org.irqbypass.kvm.Msi;
import org.irqbypass.kvm.Vcpu;
import org.irqbypass.kvm.Vm;
import org.irqbypass.vfio.pci.PciFunction;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * An interrupt that is not bypassed, from the device through VFIO's handler, the eventfd and the
 * irqfd to the local APIC.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class SoftwareWay {
  private static final int BATCH = X86Host.VECTORS_PER_VCPU;

  /** Makes the benchmark; JMH does. */
  public SoftwareWay() {}

  /** A device and its guest. */
  @State(Scope.Thread)
  public static class Device {
    /** How many MSI-X vectors the device has. */
    @Param({"128", "2048"})
    public int vectors;

    final X86Host host = new X86Host(new RemappedPlatform("x86-remapped"));
    final Vm vm = host.vm(16);
    final EventfdContext alone = host.eventfd();
    PciFunction function = PciFunction.builder(host.interrupts, "none").msix(1).build();
    long raised;
    long taken;
    long traced;
    private int next;

    /** Makes the device. */
    @Setup
    public void make() {
      function = host.device(vm, vectors);
    }

    /** The guest takes and ends what is pending. */
    void drain() {
      for (int i = 0; i < vm.vcpus().size(); i++) {
        Vcpu vcpu = vm.vcpus().get(i);
        int vector = vcpu.take();
        while (vector >= 0) {
          taken++;
          vcpu.end(vector);
          vector = vcpu.take();
        }
      }
    }

    int nextVector() {
      next = next + 1 == vectors ? 0 : next + 1;
      return next;
    }

    boolean raise() {
      raised++;
      return function.raiseMsix(nextVector()) == Raise.HANDLED;
    }

    /** That the guest took each interrupt, once. */
    @TearDown
    public void check() {
      drain();
      Check.equal(taken, raised, "interrupts taken by the guest");
    }
  }

  /** Before each batch nothing is pending. */
  @State(Scope.Thread)
  public static class Idle extends Device {
    /** Takes everything. */
    @Setup(Level.Invocation)
    public void takeEverything() {
      drain();
    }
  }

  /** Somebody listens to the tracepoints, and counts. */
  @State(Scope.Thread)
  public static class Traced extends Idle {
    /** Listens. */
    @Setup
    public void listen() {
      host.trace.listen((nanos, event) -> traced++);
    }

    /** That each interrupt told of itself. */
    @TearDown
    public void checkTraced() {
      Check.that(traced >= raised, "each interrupt is traced");
    }
  }

  /** A device raises; each vector is not yet pending at its local APIC. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public boolean raise(Idle device) {
    boolean handled = true;
    for (int i = 0; i < BATCH; i++) {
      handled &= device.raise();
    }
    return handled;
  }

  /** The same with a listener to all tracepoints. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public boolean raiseTraced(Traced device) {
    return raise(device);
  }

  /** A device raises, the guest takes and ends it. */
  @Benchmark
  public int raiseTakeEnd(Device device) {
    var unused = device.raise();
    Vcpu vcpu = device.vm.vcpus().get(device.next / X86Host.VECTORS_PER_VCPU);
    int vector = vcpu.take();
    device.taken++;
    vcpu.end(vector);
    return vector;
  }

  /** Userspace sends the guest messages, each not yet pending ({@code KVM_SIGNAL_MSI}). */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public int signalMsi(Idle device, Messages messages) {
    int delivered = 0;
    for (Msi message : messages.all) {
      delivered += device.vm.signalMsi(message);
    }
    device.raised += BATCH;
    return delivered;
  }

  /** A message for each vector of the first vCPU. */
  @State(Scope.Thread)
  public static class Messages {
    final Msi[] all = new Msi[BATCH];

    /** Makes them. */
    public Messages() {
      for (int i = 0; i < BATCH; i++) {
        all[i] = Msi.of(0xfee00000L, 0x30 + i);
      }
    }
  }

  /** An eventfd that nobody waits on is written and read. */
  @Benchmark
  public long writeAndRead(Device device) {
    device.alone.write(1);
    return device.alone.read();
  }
}
