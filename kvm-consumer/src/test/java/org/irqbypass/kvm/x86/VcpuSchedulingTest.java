package org.irqbypass.kvm.x86;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.irqbypass.kvm.KvmHost;
import org.irqbypass.kvm.RestlessVcpu;
import org.irqbypass.kvm.Vcpu;
import org.irqbypass.kvm.Vcpu.Scheduling;
import org.irqbypass.kvm.VcpuEvent;
import org.irqbypass.kvm.Vm;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** vCPUs that are loaded, preempted, blocked and moved, and what is posted to them (6.2). */
class VcpuSchedulingTest {
  @RegisterExtension final KvmHost host = new KvmHost();
  private final Vm vm = host.vm(3);
  private final X86Vcpu vcpu = KvmHost.vcpu(vm, 0);
  private final PostedInterruptDescriptor posted = vcpu.posted();

  @Test
  void whoNobodySchedulesIsLoadedOnThePhysicalCpuOfItsNumber() {
    X86Vcpu second = KvmHost.vcpu(vm, 2);
    assertThat(second.scheduling()).isEqualTo(Scheduling.LOADED);
    assertThat(second.physicalCpu()).isEqualTo(2);
    assertThat(second.posted().destination()).isEqualTo(2);
    assertThat(second.posted().isSuppressed()).isFalse();
  }

  @Test
  void preempted_notificationsAreSuppressedAndNothingIsLost() {
    vcpu.put();
    assertThat(posted.isSuppressed()).isTrue();
    posted.post(0x41);
    assertThat(posted.isOutstanding()).isFalse();
    assertThat(host.events(VcpuEvent.Posted.class).get(0).notified()).isFalse();
    assertThat(vcpu.hasPending()).isTrue();
    vcpu.load(0);
    assertThat(posted.isSuppressed()).isFalse();
    assertThat(vcpu.take()).isEqualTo(0x41);
  }

  @Test
  void preempted_whatWasPostedIsOutstandingOnceTheVcpuIsLoaded() {
    vcpu.put();
    posted.post(0x41);
    vcpu.load(5);
    assertThat(posted.isOutstanding()).isTrue();
    assertThat(posted.destination()).isEqualTo(5);
    assertThat(posted.notificationVector())
        .isEqualTo(PostedInterruptDescriptor.NOTIFICATION_VECTOR);
  }

  @Test
  void preempted_loadingMakesOutstandingWhatWasPosted_vector0Too_andNothingElse() {
    vcpu.put();
    vcpu.load(5);
    assertThat(posted.isOutstanding()).isFalse();
    vcpu.put();
    posted.post(0);
    vcpu.load(5);
    assertThat(posted.isOutstanding()).isTrue();
  }

  @Test
  void blocked_thePostingWakesTheVcpuByTheWakeUpVector() {
    vcpu.load(7);
    assertThat(vcpu.block()).isTrue();
    assertThat(vcpu.scheduling()).isEqualTo(Scheduling.BLOCKED);
    assertThat(posted.notificationVector()).isEqualTo(PostedInterruptDescriptor.WAKEUP_VECTOR);
    assertThat(posted.destination()).isEqualTo(7);
    assertThat(posted.isSuppressed()).isFalse();
    int[] told = new int[1];
    vcpu.listen(which -> told[0]++);
    posted.post(0x41);
    posted.post(0x42);
    assertThat(told[0]).isEqualTo(1);
    assertThat(vcpu.scheduling()).isEqualTo(Scheduling.PREEMPTED);
    assertThat(host.events(VcpuEvent.WakeUp.class)).hasSize(1);
    vcpu.load(1);
    assertThat(posted.notificationVector())
        .isEqualTo(PostedInterruptDescriptor.NOTIFICATION_VECTOR);
    assertThat(vcpu.take()).isEqualTo(0x42);
  }

  @Test
  void theWakeUpVectorWakesWhoWasNotified_onThatPhysicalCpuOnly() {
    X86Vcpu second = KvmHost.vcpu(vm, 1);
    X86Vcpu third = KvmHost.vcpu(vm, 2);
    for (Vcpu each : List.of(vcpu, second, third)) {
      each.load(4);
      assertThat(each.block()).isTrue();
    }
    second.posted().post(0x41);
    assertThat(vcpu.scheduling()).isEqualTo(Scheduling.BLOCKED);
    assertThat(second.scheduling()).isEqualTo(Scheduling.PREEMPTED);
    assertThat(third.scheduling()).isEqualTo(Scheduling.BLOCKED);
    second.load(4); // off the list, from its middle
    posted.post(0x41);
    third.posted().post(0x41);
    assertThat(vcpu.scheduling()).isEqualTo(Scheduling.PREEMPTED);
    assertThat(third.scheduling()).isEqualTo(Scheduling.PREEMPTED);
    assertThat(host.events(VcpuEvent.WakeUp.class)).hasSize(3);
  }

  @Test
  void whoIsWokenMayLoadAtOnceAndOthersAreWokenToo() {
    X86Vcpu second = KvmHost.vcpu(vm, 1);
    List<X86Vcpu> both = List.of(vcpu, second);
    both.forEach(each -> each.load(4));
    both.forEach(each -> assertThat(each.block()).isTrue());
    both.forEach(each -> each.listen(woken -> woken.load(4)));
    // Both are notified before the vector is handled: the second by way of the first's listener.
    vcpu.listen(
        woken -> {
          woken.load(4);
          second.posted().post(0x42);
        });
    posted.post(0x41);
    assertThat(vcpu.scheduling()).isEqualTo(Scheduling.LOADED);
    assertThat(second.scheduling()).isEqualTo(Scheduling.LOADED);
    assertThat(host.events(VcpuEvent.WakeUp.class)).hasSize(2);
  }

  @Test
  void aVcpuWithSomethingPendingDoesNotBlock() {
    posted.post(0x41);
    assertThat(vcpu.block()).isFalse();
    assertThat(vcpu.scheduling()).isEqualTo(Scheduling.LOADED);
    assertThat(host.events(VcpuEvent.Put.class)).isEmpty();
  }

  @Test
  void aVcpuWithAnNmiPendingDoesNotBlock() {
    vcpu.accept(new ApicInterrupt(0, false, 0, DeliveryMode.NMI, false, false));
    assertThat(vcpu.hasPending()).isFalse();
    assertThat(vcpu.isRunnable()).isTrue();
    assertThat(vcpu.block()).isFalse();
    assertThat(vcpu.takeNmi()).isTrue();
    assertThat(vcpu.block()).isTrue();
  }

  @Test
  void whatIsBelowTheTaskPriorityWakesNobodyTwice() {
    vcpu.localApic().setTaskPriority(0xf0);
    assertThat(vcpu.block()).isTrue();
    posted.post(0x41);
    assertThat(vcpu.scheduling()).isEqualTo(Scheduling.PREEMPTED);
    assertThat(vcpu.block()).isTrue();
    assertThat(vcpu.scheduling()).isEqualTo(Scheduling.BLOCKED);
  }

  @Test
  void movingSchedulesOutFirst() {
    vcpu.load(3);
    vcpu.load(3);
    assertThat(host.eventNames(VcpuEvent.class::isInstance)).containsExactly("Put", "Load");
    assertThat(posted.destination()).isEqualTo(3);
    assertThat(vcpu.physicalCpu()).isEqualTo(3);
  }

  @Test
  void aKickWakesWhoBlocks_onHostsThatCannotPostToo() {
    for (KvmHost each : List.of(host, KvmHost.remapped())) {
      X86Vcpu cpu = KvmHost.vcpu(each.vm(1), 0);
      assertThat(cpu.block()).isTrue();
      cpu.accept(new ApicInterrupt(0, false, 0x41, DeliveryMode.FIXED, false, false));
      assertThat(cpu.scheduling()).isEqualTo(Scheduling.PREEMPTED);
      assertThat(cpu.take()).isEqualTo(0x41);
      assertThat(cpu.scheduling()).isEqualTo(Scheduling.LOADED);
    }
  }

  @Test
  void enteringGuestModeLoads_andSchedulingOutLeavesIt() {
    vcpu.put();
    vcpu.enter();
    assertThat(vcpu.scheduling()).isEqualTo(Scheduling.LOADED);
    vcpu.put();
    assertThat(vcpu.isRunning()).isFalse();
  }

  @Test
  void aVcpuThatIsClosedWhileItBlocksIsForgotten() {
    vcpu.load(4);
    vcpu.block();
    X86Vcpu second = KvmHost.vcpu(vm, 1);
    second.load(4);
    second.block();
    vcpu.destroy();
    second.posted().post(0x41);
    assertThat(second.scheduling()).isEqualTo(Scheduling.PREEMPTED);
  }

  /** A VM lives until the last descriptor of it and its vCPUs is closed. */
  @Test
  void whoBlocksWaitsUntilItsVmIsGone() {
    int vmFd = host.kvm.createVm();
    Vm own = host.kvm.vm(vmFd);
    own.createIrqchip();
    int vcpuFd = own.createVcpu(0);
    X86Vcpu waiting = KvmHost.vcpu(own, 0);
    assertThat(waiting.block()).isTrue();
    host.descriptors.close(vmFd);
    assertThat(waiting.posted().notificationVector())
        .isEqualTo(PostedInterruptDescriptor.WAKEUP_VECTOR);

    host.descriptors.close(vcpuFd);
    waiting.posted().post(0x41); // hardware that nobody has stopped
    assertThat(host.events(VcpuEvent.WakeUp.class)).isEmpty();
  }

  @Test
  void thereAreSoManyPhysicalCpus() {
    vcpu.load(Vcpu.MAX_PHYSICAL_CPUS - 1);
    assertThat(vcpu.block()).isTrue();
    assertThrows(IndexOutOfBoundsException.class, () -> vcpu.load(Vcpu.MAX_PHYSICAL_CPUS));
    assertThrows(IndexOutOfBoundsException.class, () -> vcpu.load(-1));
  }

  /** Whatever is scheduled how: who blocks has nothing pending, and what is posted is taken. */
  @net.jqwik.api.Tag("random")
  @Property(tries = 500)
  void nothingIsLostWhateverTheScheduling(
      @ForAll @Size(max = 60) List<@IntRange(min = 0, max = 255) Integer> steps) {
    KvmHost fresh = new KvmHost();
    X86Vcpu cpu = KvmHost.vcpu(fresh.vm(1), 0);
    Set<Integer> expected = new TreeSet<>();
    Set<Integer> taken = new TreeSet<>();
    for (int step : steps) {
      switch (step % 6) {
        case 0 -> cpu.load(step / 6 % 4);
        case 1 -> cpu.put();
        case 2 -> cpu.block();
        case 3 -> drain(cpu, taken);
        default -> {
          cpu.posted().post(Math.max(16, step));
          expected.add(Math.max(16, step));
        }
      }
      if (cpu.scheduling() == Scheduling.BLOCKED) {
        assertThat(cpu.posted().isOutstanding()).isFalse();
        assertThat(taken).isEqualTo(expected);
      }
    }
    drain(cpu, taken);
    assertThat(taken).isEqualTo(expected);
  }

  private static void drain(X86Vcpu cpu, Set<Integer> taken) {
    for (int vector = cpu.take(); vector >= 0; vector = cpu.take()) {
      taken.add(vector);
      cpu.end(vector);
    }
  }

  /** A device posts to a vCPU that blocks, is preempted and moves all the time. */
  @Tag("threads")
  @Test
  void noWakeUpIsLostUnderThreads() throws Exception {
    host.trace.listen(null);
    RestlessVcpu.takesAll(vcpu, 0x41, () -> posted.post(0x41));
  }
}
