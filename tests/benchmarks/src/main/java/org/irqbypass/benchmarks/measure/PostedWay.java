package org.irqbypass.benchmarks.measure;

import java.util.concurrent.TimeUnit;
import org.irqbypass.host.PostedPlatform;
import org.irqbypass.host.Raise;
import org.irqbypass.kvm.Vm;
import org.irqbypass.kvm.x86.PostedInterruptDescriptor;
import org.irqbypass.kvm.x86.X86Vcpu;
import org.irqbypass.vfio.pci.PciFunction;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;

/** An interrupt that hardware posts: into the vCPU's descriptor, past the host. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class PostedWay {
  private static final int VECTOR = 0x30;

  /** Makes the benchmark; JMH does. */
  public PostedWay() {}

  /** A device of one thread, whose vectors are posted to one vCPU that runs. */
  @State(Scope.Thread)
  public static class Own {
    final X86Host host = new X86Host(new PostedPlatform("x86-posted"));
    final Vm vm = host.vm(1);
    final X86Vcpu vcpu = X86Host.vcpu(vm, 0);
    final PciFunction function = host.device(vm, X86Host.VECTORS_PER_VCPU);
    long raised;
    long notified;
    private int next;

    /** Lets the guest run, and somebody be told that it has to look. */
    public Own() {
      vcpu.enter();
      vcpu.listen(told -> notified++);
    }

    int nextVector() {
      next = next + 1 & (X86Host.VECTORS_PER_VCPU - 1);
      return next;
    }

    /** That each interrupt was posted, and each notified, since each was harvested. */
    @TearDown
    public void check() {
      Check.equal(notified, raised, "notifications");
      Check.that(host.kernel.registry().connected() == X86Host.VECTORS_PER_VCPU, "all are posted");
    }
  }

  /** A vCPU to which all threads post. */
  @State(Scope.Benchmark)
  public static class Shared {
    final X86Host host = new X86Host(new PostedPlatform("x86-posted"));
    final X86Vcpu vcpu = X86Host.vcpu(host.vm(1), 0);
    final PostedInterruptDescriptor descriptor = vcpu.posted();

    /** Posts the vector once. */
    public Shared() {
      descriptor.post(VECTOR);
    }

    /** That it still waits, and is taken once. */
    @TearDown
    public void check() {
      Check.that(descriptor.isRequested(VECTOR) && descriptor.isOutstanding(), "it was posted");
      Check.equal(vcpu.take(), VECTOR, "the vector that the guest takes");
      Check.equal(vcpu.take(), -1, "the vector that the guest takes after it");
    }
  }

  /** A device raises a vector that is not pending, and the vCPU moves it into its local APIC. */
  @Benchmark
  public boolean raiseAndHarvest(Own own) {
    Raise raise = own.function.raiseMsix(own.nextVector());
    own.raised++;
    return own.vcpu.hasPending() && raise == Raise.POSTED;
  }

  /** Two threads post what is pending already. */
  @Benchmark
  @Threads(2)
  public void postPending(Shared shared) {
    shared.descriptor.post(VECTOR);
  }

  /** A device raises, the guest takes and ends it. */
  @Benchmark
  public int raiseTakeEnd(Own own) {
    var unused = own.function.raiseMsix(own.nextVector());
    own.raised++;
    int vector = own.vcpu.take();
    own.vcpu.end(vector);
    return vector;
  }

  /** Two threads, each with a device and a vCPU of its own. */
  @Benchmark
  @Threads(2)
  public boolean raiseAndHarvestTwice(Own own) {
    return raiseAndHarvest(own);
  }
}
