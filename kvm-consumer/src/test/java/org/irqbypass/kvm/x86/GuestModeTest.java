package org.irqbypass.kvm.x86;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.kvm.KvmHost.irr;
import static org.irqbypass.kvm.KvmHost.msi;
import static org.irqbypass.kvm.KvmHost.route;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.irqbypass.host.GuestModeEntry;
import org.irqbypass.host.GuestModePlatform;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.Raise;
import org.irqbypass.host.VcpuAffinity;
import org.irqbypass.kvm.Irqfd;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.KvmHost;
import org.irqbypass.kvm.KvmRules;
import org.irqbypass.kvm.RestlessVcpu;
import org.irqbypass.kvm.Vcpu.Scheduling;
import org.irqbypass.kvm.VcpuEvent;
import org.irqbypass.kvm.Vm;
import org.irqbypass.registry.BypassReason;
import org.irqbypass.registry.ConnectPolicy;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** AMD's way (6.3): the IOMMU writes the virtual APIC, and has to know where the vCPU runs. */
class GuestModeTest {
  @RegisterExtension final KvmHost host = newHost();
  private final Vm vm = host.vm(2);
  private final X86Vcpu vcpu = KvmHost.vcpu(vm, 0);
  private final int fd = host.eventfd();
  private final KvmHost.Producer producer = host.produce(fd);
  private final HostIrq irq = producer.irq();

  private static KvmHost newHost() {
    return new KvmHost(
        new GuestModePlatform("x86-avic"), KvmRules.LINUX_6_17, ConnectPolicy.OPPORTUNISTIC);
  }

  private Irqfd bound() {
    route(vm, msi(24, 0x41));
    return host.assign(vm, fd, 24);
  }

  private GuestModeEntry entry() {
    return ((VcpuAffinity.GuestMode) Objects.requireNonNull(irq.vcpuAffinity())).entry();
  }

  private long exits() {
    return host.events(VcpuEvent.Exit.class).size();
  }

  @Test
  void running_theDoorbellRingsAndNothingExits() {
    Irqfd irqfd = bound();
    assertThat(irqfd.status().isBypassed()).isTrue();
    vcpu.enter();
    int[] told = new int[1];
    vcpu.listen(which -> told[0]++);
    assertThat(irq.raise()).isEqualTo(Raise.POSTED);
    assertThat(told[0]).isEqualTo(1);
    assertThat(vcpu.take()).isEqualTo(0x41);
    vcpu.end(0x41);
    assertThat(exits()).isEqualTo(0);
    assertThat(host.context(fd).count()).isEqualTo(0);
  }

  @Test
  void theEntryKnowsWhereTheVcpuRuns() {
    bound();
    assertThat(entry().destination()).isEqualTo(0);
    vcpu.load(6);
    assertThat(entry().destination()).isEqualTo(6);
    vcpu.put();
    assertThat(entry().isRunning()).isFalse();
    vcpu.load(2);
    assertThat(entry().destination()).isEqualTo(2);
    vcpu.block();
    assertThat(entry().isRunning()).isFalse();
  }

  @Test
  void anEntryMadeWhileTheVcpuIsOutDoesNotRun() {
    vcpu.put();
    bound();
    assertThat(entry().isRunning()).isFalse();
    irq.raise();
    assertThat(vcpu.take()).isEqualTo(0x41);
    assertThat(entry().isRunning()).isTrue();
  }

  @Test
  void preempted_theBitWaitsInTheBackingPage() {
    bound();
    vcpu.put();
    irq.raise();
    assertThat(vcpu.scheduling()).isEqualTo(Scheduling.PREEMPTED);
    assertThat(irr(vm)).containsExactly(0x41);
    vcpu.load(1);
    assertThat(vcpu.take()).isEqualTo(0x41);
  }

  @Test
  void blocked_theLogWakesTheVcpu() {
    bound();
    assertThat(vcpu.block()).isTrue();
    irq.raise();
    assertThat(vcpu.scheduling()).isEqualTo(Scheduling.PREEMPTED);
    assertThat(host.events(VcpuEvent.WakeUp.class)).hasSize(1);
  }

  @Test
  void aNewRouteMovesTheEntryToTheOtherVcpu() {
    bound();
    route(vm, msi(24, 1, 0x51));
    X86Vcpu other = KvmHost.vcpu(vm, 1);
    vcpu.put();
    assertThat(entry().destination()).isEqualTo(1);
    irq.raise();
    assertThat(other.take()).isEqualTo(0x51);
    other.put();
    assertThat(entry().isRunning()).isFalse();
  }

  @Test
  void whatCannotBePostedGoesThroughTheHost_andComesBack() {
    Irqfd irqfd = bound();
    route(vm);
    assertThat(irqfd.status().reason()).isEqualTo(BypassReason.ROUTE_MISSING);
    assertThat(irq.vcpuAffinity()).isNull();
    assertThat(irq.raise()).isEqualTo(Raise.HANDLED);
    route(vm, msi(24, 0x41));
    assertThat(irq.raise()).isEqualTo(Raise.POSTED);
  }

  @Test
  void unbindingTakesTheEntryBack() {
    bound();
    GuestModeEntry before = entry();
    vm.irqfd(IrqfdRequest.deassign(fd, 24));
    assertThat(irq.vcpuAffinity()).isNull();
    vcpu.load(3); // tells no entry that is gone
    assertThat(before.destination()).isEqualTo(0);
  }

  /** Whatever is scheduled how: nothing is lost, and who blocks has nothing pending. */
  @net.jqwik.api.Tag("random")
  @Property(tries = 300)
  void nothingIsLostWhateverTheScheduling(
      @ForAll @Size(max = 50) List<@IntRange(min = 0, max = 99) Integer> steps) {
    KvmHost fresh = newHost();
    Vm guest = fresh.vm(2);
    int eventfd = fresh.eventfd();
    HostIrq device = fresh.produce(eventfd).irq();
    route(guest, msi(24, 0x41));
    fresh.assign(guest, eventfd, 24);
    List<X86Vcpu> vcpus = List.of(KvmHost.vcpu(guest, 0), KvmHost.vcpu(guest, 1));
    boolean outstanding = false;
    for (int step : steps) {
      X86Vcpu cpu = vcpus.get(step & 1);
      switch (step / 2 % 6) {
        case 0 -> cpu.load(step % 4);
        case 1 -> cpu.put();
        case 2 -> cpu.block();
        case 3 -> outstanding &= !taken(vcpus);
        case 4 -> route(guest, msi(24, step & 1, 0x41));
        default -> {
          device.raise();
          outstanding = true;
        }
      }
      for (X86Vcpu each : vcpus) {
        if (each.scheduling() == Scheduling.BLOCKED) {
          assertThat(each.hasPending()).isFalse();
        }
      }
    }
    assertThat(taken(vcpus)).isEqualTo(outstanding);
  }

  private static boolean taken(List<X86Vcpu> vcpus) {
    List<Integer> all = new ArrayList<>();
    for (X86Vcpu cpu : vcpus) {
      for (int vector = cpu.take(); vector >= 0; vector = cpu.take()) {
        all.add(vector);
        cpu.end(vector);
      }
    }
    return !all.isEmpty();
  }

  /** A device interrupts a vCPU that blocks, is preempted and moves all the time. */
  @Tag("threads")
  @Test
  void noWakeUpIsLostUnderThreads() throws Exception {
    bound();
    host.trace.listen(null);
    RestlessVcpu.takesAll(vcpu, 0x41, irq::raise);
  }

  @Test
  void aRequestTellsWhetherTheVcpuRan() {
    bound();
    host.events.clear();
    irq.raise();
    vcpu.put();
    irq.raise();
    assertThat(host.events(VcpuEvent.Posted.class))
        .containsExactly(
            new VcpuEvent.Posted(vcpu, 0x41, true), new VcpuEvent.Posted(vcpu, 0x41, false))
        .inOrder();
  }

  @Test
  void theEntryThatANewRouteReplacesIsToldNoMore() {
    bound();
    GuestModeEntry before = entry();
    route(vm, msi(24, 1, 0x51));
    vcpu.load(5);
    assertThat(before.destination()).isEqualTo(0);
    assertThat(((VirtualApic) before.target()).vcpu()).isSameInstanceAs(vcpu);
    assertThat(((VirtualApic) entry().target()).vcpu()).isSameInstanceAs(KvmHost.vcpu(vm, 1));
  }

  @Test
  void whatReachesSeveralOrMakesNoVectorPendingIsTakenBack() {
    Irqfd irqfd = bound();
    route(vm, msi(24, 0xff, 0x41));
    assertThat(irqfd.status().reason()).isEqualTo(BypassReason.SEVERAL_DESTINATIONS);
    assertThat(irq.vcpuAffinity()).isNull();
    route(vm, msi(24, 0x41));
    assertThat(irq.vcpuAffinity()).isNotNull();
    route(vm, msi(24, 0x400)); // NMI
    assertThat(irqfd.status().reason()).isEqualTo(BypassReason.DELIVERY_MODE);
    assertThat(irq.vcpuAffinity()).isNull();
    assertThat(irq.isPosted()).isFalse();
  }
}
