package org.irqbypass.conformance.selftests;

import static com.google.common.truth.Truth.assertWithMessage;
import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.irqbypass.host.BypassMode;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.Raise;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.Kvm;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.Vcpu;
import org.irqbypass.kvm.Vm;
import org.irqbypass.kvm.x86.LocalApic;
import org.irqbypass.kvm.x86.X86Vcpu;
import org.irqbypass.legacy.KvmVfioDevIrq;
import org.irqbypass.legacy.KvmVfioDevice;
import org.irqbypass.scenario.KernelProfile;
import org.irqbypass.vfio.IrqIndex;
import org.irqbypass.vfio.IrqSet;
import org.irqbypass.vfio.pci.PciFunction;
import org.irqbypass.work.CooperativeWaiter;
import org.irqbypass.work.DeterministicWorkQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What {@code kvm/irq_test.c} asserts: an irqfd is bound before any route exists; then a thousand
 * times its GSI is routed to another vCPU with another vector, sometimes as an NMI, sometimes after
 * the table was emptied, while host affinity moves and vCPUs are moved, preempted and blocked; and
 * each interrupt, of an eventfd or of a device, reaches the vCPU it is routed to and no other.
 */
class IrqTest {
  private static final int INTERRUPTS = 1000;
  private static final int VCPUS = 5;
  private static final int MESSAGES = 8;
  private static final int FIRST_GSI = 24;
  private static final int FIRST_VECTOR = 32;
  private static final int HOST_CPUS = 16;

  /** Where interrupts come from. */
  enum Source {
    EVENTFD,
    MSI,
    MSIX
  }

  /** Which host runs the test, and how a bypass comes about there. */
  record Variant(KernelProfile profile, String platform, Contender contender, Source source) {
    @Override
    public String toString() {
      return profile.name() + ", " + platform + ", " + contender + ", " + source;
    }
  }

  /** An explicit design has its say where there is hardware to program, and a device. */
  static Stream<Variant> variants() {
    ImmutableList.Builder<Variant> variants = ImmutableList.builder();
    for (KernelProfile profile : KernelProfile.ALL) {
      for (Source source : Source.values()) {
        variants.add(new Variant(profile, "x86-remapped", Contender.AUTOMATIC, source));
        variants.add(new Variant(profile, "x86-posted", Contender.AUTOMATIC, source));
        if (source != Source.EVENTFD) {
          variants.add(new Variant(profile, "x86-posted", Contender.EXPLICIT, source));
        }
      }
    }
    return variants.build().stream();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("variants")
  void everyInterruptReachesItsVcpu(Variant variant) {
    new Run(variant, 1).run(false);
  }

  /**
   * An NMI is not posted, an emptied table delivers nothing, and neither outlives the next route.
   */
  @ParameterizedTest(name = "{0}")
  @MethodSource("variants")
  void everyInterruptDoesAmongNmisAndEmptiedTables(Variant variant) {
    new Run(variant, 2).run(true);
  }

  /** One host, one VM, one GSI. */
  private static final class Run {
    private final Variant variant;
    private final Random random;
    private final DeterministicWorkQueue work = new DeterministicWorkQueue();
    private final Machine machine;
    private final Vm vm;
    private final int eventfd;
    private final int gsi;
    private final int message;
    private final Machine.@Nullable OpenDevice device;
    private final @Nullable KvmVfioDevice explicit;
    private String now = "";
    private int lastVcpu;
    private int lastVector;

    Run(Variant variant, long seed) {
      this.variant = variant;
      this.random = new Random(seed);
      this.machine =
          new Machine(
              variant.profile,
              variant.platform,
              variant.contender,
              work,
              new CooperativeWaiter(work));
      this.vm = machine.vm(VCPUS);
      this.eventfd = machine.eventfd();
      this.gsi = FIRST_GSI + random.nextInt(Kvm.MAX_IRQ_ROUTES - FIRST_GSI);
      this.message = random.nextInt(MESSAGES);
      this.device = variant.source == Source.EVENTFD ? null : openDevice();
      vm.setGsiRouting(List.of(), 0);
      vm.irqfd(IrqfdRequest.assign(eventfd, gsi));
      this.explicit =
          device != null && variant.contender == Contender.EXPLICIT
              ? machine.kvmVfio(vm, device)
              : null;
    }

    private Machine.OpenDevice openDevice() {
      PciFunction function =
          PciFunction.builder(machine.interrupts, "nic").msi(MESSAGES).msix(MESSAGES).build();
      Machine.OpenDevice opened = machine.open(function);
      opened.vfio().setIrqs(IrqSet.trigger(index(), message, eventfd));
      return opened;
    }

    private int index() {
      return variant.source == Source.MSI ? IrqIndex.MSI : IrqIndex.MSIX;
    }

    void run(boolean disturbed) {
      for (int i = 0; i < INTERRUPTS; i++) {
        int vcpu = i % VCPUS;
        int vector = FIRST_VECTOR + random.nextInt(256 - FIRST_VECTOR);
        boolean nmi = disturbed && (i & 1 << 2) != 0;
        now = variant + ", interrupt " + i + ": gsi " + gsi + " to vCPU " + vcpu + " as " + vector;
        if (disturbed && random.nextBoolean()) {
          emptyTable();
        }
        route(vcpu, vector, nmi);
        moveAffinity();
        assertNothingPending();
        schedule();
        schedule();
        trigger(nmi);
        assertTaken(vcpu, vector, nmi);
        assertNothingPending();
        lastVcpu = vcpu;
        lastVector = vector;
      }
    }

    private void route(int vcpu, int vector, boolean nmi) {
      int data = nmi ? 4 << 8 | vector : vector;
      vm.setGsiRouting(List.of(RoutingEntry.msi(gsi, 0xfee00000L | vcpu << 12, data)), 0);
      forward();
    }

    /** Those who ask for a bypass ask again after each change of a route. */
    private void forward() {
      if (explicit != null && device != null) {
        explicit.post(KvmVfioDevIrq.of(device.fd(), index(), message, gsi));
      }
    }

    private void emptyTable() {
      vm.setGsiRouting(List.of(), 0);
      if (explicit != null && hostIrq().isPosted()) {
        // Until userspace asks again, the entry for the replaced route stands.
        raise();
        assertTaken(lastVcpu, lastVector, false);
        forward();
      }
      raise();
      assertNothingPending();
      if (device != null) {
        assertWithMessage(now).that(hostIrq().isPosted()).isFalse();
      }
    }

    private HostIrq hostIrq() {
      return requireNonNull(
          requireNonNull(device).vfio().interrupt(index(), message).hostIrq(), "requested");
    }

    /** Only where the host takes the interrupt itself it matters on which CPU. */
    private void moveAffinity() {
      if (device != null) {
        boolean posted = hostIrq().isPosted();
        int cpu = random.nextInt(HOST_CPUS);
        hostIrq().setAffinity(cpu);
        assertWithMessage(now).that(hostIrq().affinity()).isEqualTo(cpu);
        assertWithMessage(now).that(hostIrq().isPosted()).isEqualTo(posted);
      }
    }

    /** Some vCPU moves to another CPU, is preempted, waits for an interrupt, or runs. */
    private void schedule() {
      X86Vcpu vcpu = vcpu(random.nextInt(VCPUS));
      switch (random.nextInt(4)) {
        case 0 -> vcpu.load(random.nextInt(HOST_CPUS));
        case 1 -> vcpu.put();
        case 2 -> assertWithMessage(now).that(vcpu.block()).isTrue();
        default -> vcpu.enter();
      }
    }

    private void trigger(boolean nmi) {
      Raise raised = raise();
      if (device == null) {
        return;
      }
      boolean posts = machine.kernel.platform().bypass() == BypassMode.POSTED;
      assertWithMessage(now).that(raised).isEqualTo(posts && !nmi ? Raise.POSTED : Raise.HANDLED);
    }

    private Raise raise() {
      Raise raised = Raise.HANDLED;
      switch (variant.source) {
        case EVENTFD -> machine.context(eventfd).write(1);
        case MSI -> raised = requireNonNull(device).function().raiseMsi(message);
        case MSIX -> raised = requireNonNull(device).function().raiseMsix(message);
      }
      work.runAll();
      assertWithMessage(now).that(machine.context(eventfd).count()).isEqualTo(0);
      return raised;
    }

    private void assertTaken(int id, int vector, boolean nmi) {
      X86Vcpu target = vcpu(id);
      assertWithMessage(now).that(target.scheduling()).isNotEqualTo(Vcpu.Scheduling.BLOCKED);
      if (nmi) {
        assertWithMessage(now).that(target.takeNmi()).isTrue();
        return;
      }
      assertWithMessage(now).that(target.take()).isEqualTo(vector);
      target.end(vector);
    }

    private void assertNothingPending() {
      for (int id = 0; id < VCPUS; id++) {
        X86Vcpu vcpu = vcpu(id);
        LocalApic apic = vcpu.localApic();
        if (vcpu.takeNmi() || !apic.irr().isEmpty() || !apic.isr().isEmpty()) {
          assertWithMessage("%s: pending at vCPU %s: %s", now, id, apic.irr()).fail();
        }
      }
    }

    private X86Vcpu vcpu(int id) {
      return (X86Vcpu) vm.vcpuById(id);
    }
  }
}
