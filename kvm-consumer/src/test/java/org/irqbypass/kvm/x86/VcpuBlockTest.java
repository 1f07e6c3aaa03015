package org.irqbypass.kvm.x86;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.kvm.KvmHost.assertErrno;

import java.util.List;
import org.irqbypass.errno.Errno;
import org.irqbypass.kvm.KvmHost;
import org.irqbypass.kvm.Msi;
import org.irqbypass.kvm.Vcpu.Scheduling;
import org.irqbypass.kvm.VcpuEvent;
import org.irqbypass.kvm.Vm;
import org.irqbypass.work.Work;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Blocking, being halted, and going on. */
class VcpuBlockTest {
  private static final Msi MESSAGE = Msi.of(KvmHost.APIC_0, 0x41);

  @RegisterExtension final KvmHost host = new KvmHost();
  private final Vm vm = host.vm(1);
  private final X86Vcpu cpu = KvmHost.vcpu(vm, 0);

  private List<VcpuEvent> told() {
    List<VcpuEvent> told = List.copyOf(host.events(VcpuEvent.class));
    host.events.clear();
    return told;
  }

  @Test
  void whoBlocksIsLoadedFirstAndLeavesTheGuest() {
    cpu.load(3);
    cpu.put();
    told();
    assertThat(cpu.block()).isTrue();
    assertThat(cpu.isRunning()).isFalse();
    assertThat(cpu.scheduling()).isEqualTo(Scheduling.BLOCKED);
    assertThat(told())
        .containsExactly(new VcpuEvent.Load(cpu, 3), new VcpuEvent.Put(cpu, true))
        .inOrder();
    cpu.put(); // it is out already
    assertThat(cpu.scheduling()).isEqualTo(Scheduling.BLOCKED);
    assertThat(told()).isEmpty();
    cpu.enter();
    cpu.load(3);
    told();
    assertThat(cpu.block()).isTrue();
    assertThat(cpu.isRunning()).isFalse();
    assertThat(told()).containsExactly(new VcpuEvent.Put(cpu, true));
  }

  /** What comes between the look and the block is not missed: no later event would wake it. */
  @Test
  void whatComesWhileItGoesToSleepKeepsItAwake() {
    cpu.load(2);
    told();
    host.trace.listen(
        (nanos, event) -> {
          host.events.add(event);
          if (event instanceof VcpuEvent.Put) {
            vm.signalMsi(MESSAGE);
          }
        });
    assertThat(cpu.block()).isFalse();

    assertThat(cpu.scheduling()).isEqualTo(Scheduling.LOADED);
    assertThat(cpu.physicalCpu()).isEqualTo(2);
    assertThat(cpu.take()).isEqualTo(0x41);
  }

  /** Who goes to sleep with a notification outstanding interrupts itself, whatever it is for. */
  @Test
  void whatIsNotifiedWhileItGoesToSleepWakesIt_alsoWhereItsPriorityHoldsThatBack() {
    cpu.localApic().setTaskPriority(0xf0);
    host.trace.listen(
        (nanos, event) -> {
          host.events.add(event);
          if (event instanceof VcpuEvent.Put) {
            cpu.posted().post(0x41);
          }
        });
    assertThat(cpu.block()).isFalse();

    assertThat(cpu.scheduling()).isEqualTo(Scheduling.LOADED);
    assertThat(host.events(VcpuEvent.WakeUp.class)).containsExactly(new VcpuEvent.WakeUp(cpu));
    assertThat(cpu.hasPending()).isFalse();
  }

  @Test
  void noVcpuOfAHaltedVmEntersOrExecutes() {
    vm.signalMsi(MESSAGE);
    vm.haltVcpus();
    assertThat(vm.isHalted()).isTrue();
    assertErrno(Errno.EDEADLK, cpu::enter);
    assertErrno(Errno.EDEADLK, cpu::take);
    assertThat(cpu.isRunning()).isFalse();
    host.queue.schedule(new Work("resume", vm::resumeVcpus));
    cpu.enter(); // once it is resumed

    assertThat(vm.isHalted()).isFalse();
    assertThat(cpu.isRunning()).isTrue();
    assertThat(cpu.take()).isEqualTo(0x41);
  }

  @Test
  void aVmHaltedTwiceIsResumedTwice() {
    vm.haltVcpus();
    vm.haltVcpus();
    vm.resumeVcpus();
    assertErrno(Errno.EDEADLK, cpu::enter);
    vm.resumeVcpus();
    cpu.enter();
    assertThat(cpu.isRunning()).isTrue();
  }

  @Test
  void closingItsDescriptorTakesAVcpuOutOfTheGuest() {
    int other = host.kvm.createVm();
    Vm own = host.kvm.vm(other);
    own.createIrqchip();
    int fd = own.createVcpu(5);
    X86Vcpu vcpu = KvmHost.vcpu(own, 5);
    vcpu.enter();
    host.descriptors.close(fd);

    assertThat(vcpu.isRunning()).isFalse();
    assertThat(vcpu.toString()).contains("5");
    assertThat(own.toString()).isNotEqualTo(vm.toString());
  }

  @Test
  void aHaltedGuestNeitherEndsNorSendsNorTakesAnNmi() {
    cpu.enter();
    vm.haltVcpus();
    assertErrno(Errno.EDEADLK, () -> cpu.end(0x41));
    assertErrno(Errno.EDEADLK, cpu::takeNmi);
    vm.resumeVcpus();
    assertThat(cpu.takeNmi()).isFalse();
  }

  @Test
  void whoTakesOrEndsIsBackInTheGuest() {
    vm.signalMsi(MESSAGE);
    for (Runnable act : List.<Runnable>of(cpu::take, () -> cpu.end(0x41))) {
      cpu.enter();
      cpu.kick();
      assertThat(cpu.isInGuestMode()).isFalse();
      act.run();
      assertThat(cpu.isInGuestMode()).isTrue();
    }
    assertThat(told()).contains(new VcpuEvent.Take(cpu, 0x41));
    assertThat(cpu.take()).isEqualTo(-1);
    assertThat(host.events(VcpuEvent.Take.class)).isEmpty();
  }

  /** Vector 0xff is taken by who runs at priority 0, and none by who runs at 0xf0. */
  @Test
  void theTaskPriorityKeepsWhatIsNotAboveIt() {
    vm.signalMsi(Msi.of(KvmHost.APIC_0, 0x4f));
    cpu.localApic().setTaskPriority(0x40);
    assertThat(cpu.hasPending()).isFalse();
    assertThat(cpu.take()).isEqualTo(-1);
    cpu.localApic().setTaskPriority(0x3f);
    assertThat(cpu.hasPending()).isTrue();
    assertThat(cpu.take()).isEqualTo(0x4f);
    vm.signalMsi(Msi.of(KvmHost.APIC_0, 0x4e)); // of the class in service
    assertThat(cpu.take()).isEqualTo(-1);
    cpu.end(0x4f);
    assertThat(cpu.take()).isEqualTo(0x4e);
    assertThat(cpu.localApic().taskPriority()).isEqualTo(0x3f);
    assertThat(cpu.localApic().spuriousVector() & 0xff).isEqualTo(0xff);
  }

  @Test
  void clearingForgetsWhatWaitsAndWhatWasPosted() {
    vm.signalMsi(MESSAGE);
    cpu.posted().post(0x52);
    cpu.localApic().clear();
    assertThat(cpu.localApic().irr()).isEmpty();
    assertThat(cpu.hasPending()).isFalse();
    assertThat(cpu.take()).isEqualTo(-1);
    cpu.posted().post(0x52);
    assertThat(cpu.take()).isEqualTo(0x52);
  }
}
