package org.irqbypass.kvm.x86;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.kvm.KvmHost.APIC_0;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.irqbypass.kvm.KvmHost;
import org.irqbypass.kvm.Msi;
import org.irqbypass.kvm.Vcpu;
import org.irqbypass.kvm.VcpuEvent;
import org.irqbypass.kvm.Vm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a local APIC gives its vCPU, and what that costs in exits. */
class LocalApicTest {
  @RegisterExtension final KvmHost host = KvmHost.remapped();
  private final Vm vm = host.vm(1);
  private final X86Vcpu vcpu = KvmHost.vcpu(vm, 0);
  private final LocalApic apic = vcpu.localApic();

  private void raise(int vector) {
    vm.signalMsi(Msi.of(APIC_0, vector));
  }

  @Test
  void theHighestVectorIsTakenFirst() {
    raise(0x41);
    raise(0x91);
    raise(0x61);
    assertThat(vcpu.take()).isEqualTo(0x91);
    assertThat(apic.isr()).containsExactly(0x91);
    assertThat(apic.irr()).containsExactly(0x41, 0x61).inOrder();
  }

  @Test
  void aVectorWaitsWhileItsClassOrAHigherOneIsInService() {
    raise(0x61);
    vcpu.take();
    raise(0x6f);
    raise(0x41);
    assertThat(vcpu.hasPending()).isFalse();
    assertThat(vcpu.take()).isEqualTo(-1);
    raise(0x71);
    assertThat(vcpu.take()).isEqualTo(0x71);
    vcpu.end(0x71);
    vcpu.end(0x61);
    assertThat(vcpu.take()).isEqualTo(0x6f);
  }

  @Test
  void aTaskPriorityHoldsItsClassBack() {
    apic.setTaskPriority(0x65);
    raise(0x6f);
    assertThat(vcpu.take()).isEqualTo(-1);
    raise(0x70);
    assertThat(vcpu.take()).isEqualTo(0x70);
  }

  @Test
  void theProcessorPriorityIsTheTasksOrTheClassInService() {
    apic.setTaskPriority(0x45);
    assertThat(apic.processorPriority()).isEqualTo(0x45);
    raise(0x61);
    vcpu.take();
    assertThat(apic.processorPriority()).isEqualTo(0x60);
    apic.setTaskPriority(0x63);
    assertThat(apic.processorPriority()).isEqualTo(0x63);
    vcpu.end(0x61);
    apic.setTaskPriority(0);
    assertThat(apic.processorPriority()).isEqualTo(0);
  }

  @Test
  void theLowest16VectorsWaitForEver_asOnHardware() {
    raise(0x0f);
    assertThat(apic.irr()).containsExactly(0x0f);
    assertThat(vcpu.take()).isEqualTo(-1);
    assertThat(apic.forceIntoService()).isEqualTo(0x0f);
    assertThat(apic.forceIntoService()).isEqualTo(-1);
  }

  @Test
  void endEndsTheHighestInServiceWhateverTheGuestNames() {
    raise(0x41);
    vcpu.take();
    raise(0x91);
    vcpu.take();
    vcpu.end(0x41);
    assertThat(apic.isr()).containsExactly(0x41);
    host.events.clear();
    vcpu.end(0x41);
    vcpu.end(0x41);
    assertThat(host.events(VcpuEvent.End.class)).containsExactly(new VcpuEvent.End(vcpu, 0x41));
  }

  @Test
  void interruptsOfOneVectorCoalesceWhilePending() {
    raise(0x41);
    raise(0x41);
    assertThat(vcpu.take()).isEqualTo(0x41);
    raise(0x41);
    vcpu.end(0x41);
    assertThat(vcpu.take()).isEqualTo(0x41);
    vcpu.end(0x41);
    assertThat(vcpu.take()).isEqualTo(-1);
  }

  @Test
  void theTriggerModeFollowsTheLastInterruptOfAVector() {
    vm.signalMsi(Msi.of(APIC_0, 0x8041));
    assertThat(apic.tmr()).containsExactly(0x41);
    raise(0x41);
    assertThat(apic.tmr()).isEmpty();
  }

  @Test
  void clearForgetsEverything() {
    raise(0x41);
    vcpu.take();
    vm.signalMsi(Msi.of(APIC_0, 0x8051));
    apic.clear();
    assertThat(apic.irr()).isEmpty();
    assertThat(apic.isr()).isEmpty();
    assertThat(apic.tmr()).isEmpty();
  }

  @Test
  void severalKicksBeforeTheGuestRunsAgainAreOneExit() {
    vcpu.enter();
    raise(0x41);
    raise(0x51);
    assertThat(host.events(VcpuEvent.Exit.class)).hasSize(1);
    assertThat(vcpu.isRunning()).isTrue();
    assertThat(vcpu.isInGuestMode()).isFalse();
    vcpu.take();
    assertThat(vcpu.isInGuestMode()).isTrue();
    raise(0x61);
    assertThat(host.events(VcpuEvent.Exit.class)).hasSize(2);
  }

  @Test
  void outsideGuestModeNothingExits_andTheListenerIsTold() {
    int[] told = new int[1];
    vcpu.listen(which -> told[0]++);
    raise(0x41);
    vcpu.take();
    vcpu.end(0x41);
    assertThat(host.events(VcpuEvent.Exit.class)).isEmpty();
    assertThat(told[0]).isEqualTo(1);
    vcpu.listen(null);
    raise(0x41);
    assertThat(told[0]).isEqualTo(1);
  }

  @Test
  void whereHardwareDoesNotEmulateTheApicEachEndIsAnExit() {
    vcpu.enter();
    raise(0x41);
    vcpu.end(vcpu.take());
    assertThat(host.events(VcpuEvent.Exit.class))
        .containsExactly(
            new VcpuEvent.Exit(vcpu, VcpuEvent.Reason.KICK),
            new VcpuEvent.Exit(vcpu, VcpuEvent.Reason.EOI_TRAP))
        .inOrder();
  }

  @Test
  void haltedVcpusLeaveGuestModeAndReturnWhenResumed() {
    vcpu.enter();
    vm.haltVcpus();
    assertThat(vm.isHalted()).isTrue();
    assertThat(host.events(VcpuEvent.Exit.class)).hasSize(1);
    vm.resumeVcpus();
    assertThat(vcpu.take()).isEqualTo(-1);
    assertThat(vcpu.isInGuestMode()).isTrue();
    vcpu.leave();
    assertThat(vcpu.isRunning()).isFalse();
  }

  @Test
  void theGuestGoesOnWhereItEndedAnInterrupt() {
    vcpu.enter();
    raise(0x41);
    vcpu.end(vcpu.take());
    assertThat(vcpu.isInGuestMode()).isTrue();
  }

  @Test
  void anXapicsIdHasEightBits() {
    assertThrows(IllegalArgumentException.class, () -> apic.setId(0x100));
    assertThrows(IllegalArgumentException.class, () -> apic.setId(-1));
    apic.setId(0xfe);
    assertThat(apic.id()).isEqualTo(0xfe);
  }

  /** Where nothing is posted, who blocks is woken by what makes an interrupt pending. */
  @Test
  void whereNothingIsPostedWhoBlocksIsNotNotifiedByHardware() {
    assertThat(vcpu.block()).isTrue();
    assertThat(vcpu.posted().isSuppressed()).isTrue();
    raise(0x41);
    assertThat(vcpu.scheduling()).isEqualTo(Vcpu.Scheduling.PREEMPTED);
  }

  /** No priority lets the guest take vector 0; otherwise it is one like any other. */
  @Test
  void vectorZeroIsForcedIntoServiceAndEnded() {
    raise(0);
    assertThat(apic.forceIntoService()).isEqualTo(0);
    assertThat(apic.isr()).containsExactly(0);
    vcpu.end(0);
    assertThat(apic.isr()).isEmpty();
    assertThat(host.events(VcpuEvent.End.class)).containsExactly(new VcpuEvent.End(vcpu, 0));
  }
}
