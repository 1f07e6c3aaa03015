package org.irqbypass.kvm.x86;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.kvm.KvmHost.msi;
import static org.irqbypass.kvm.KvmHost.route;

import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.KvmHost;
import org.irqbypass.kvm.Msi;
import org.irqbypass.kvm.State;
import org.irqbypass.kvm.Vm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** All of a VM's state is in its fingerprint. */
class StateTest {
  private static final int LEVEL_TRIGGERED = 1 << 15;

  @RegisterExtension final KvmHost host = new KvmHost();
  private final Vm vm = host.vm(2);
  private final X86Vcpu cpu = KvmHost.vcpu(vm, 0);
  private final LocalApic apic = KvmHost.apic(vm, 0);

  @Test
  void theRoutesAndTheIrqfds() {
    int fd = host.eventfd();
    int other = host.eventfd();
    KvmHost.Producer producer = host.producer(org.irqbypass.registry.ConnectPolicy.OPPORTUNISTIC);
    State.assertEachStepShows(
        vm,
        () -> route(vm, msi(24, 0x41)),
        () -> route(vm, msi(24, 0x42)),
        () -> route(vm, msi(24, 0x42), msi(25, 0x42)),
        () -> host.assign(vm, fd, 24),
        () -> host.assign(vm, other, 25),
        () -> route(vm, msi(24, 0x42), msi(25, 1, 0x42)),
        () -> host.registry.register(producer, host.context(fd)),
        () -> producer.irq().raise(),
        () -> host.descriptors.close(fd), // detached at once, shut down later
        () -> host.work(),
        () -> vm.forwarding(30),
        () -> vm.haltVcpus(),
        () -> vm.resumeVcpus());
  }

  @Test
  void theInterruptControllers() {
    IoApic ioApic = X86Vm.of(vm).ioApic();
    Pic pic = X86Vm.of(vm).pic();
    State.assertEachStepShows(
        vm,
        () -> vm.irqLine(20, 1),
        () -> vm.irqLine(20, 0),
        () -> ioApic.writeRedirection(21, 0x51),
        () -> ioApic.writeRedirection(22, LEVEL_TRIGGERED | 0x52),
        () -> vm.irqLine(22, 1),
        () -> pic.program(0, 0x20, 0xff, 0),
        () -> pic.program(1, 0x28, 0xff, 0),
        () -> pic.program(1, 0x28, 0xff, 4));
  }

  @Test
  void whoHoldsALine() {
    int trigger = host.eventfd();
    vm.irqfd(IrqfdRequest.resample(trigger, 22, host.eventfd()));
    X86Vm.of(vm).ioApic().writeRedirection(22, LEVEL_TRIGGERED | 0x52);
    vm.irqLine(22, 1);
    State.assertEachStepShows(
        vm,
        () -> {
          host.context(trigger).signal();
          host.work();
        },
        () -> vm.irqLine(22, 0));
  }

  @Test
  void theLocalApics() {
    State.assertEachStepShows(
        vm,
        () -> vm.signalMsi(new Msi((int) KvmHost.APIC_0, 0, 0x55, 0, 0)),
        () -> assertThat(cpu.take()).isEqualTo(0x55),
        () -> cpu.end(0x55),
        () -> apic.setTaskPriority(0x20),
        () -> apic.setSpuriousVector(0x1f0),
        () -> apic.setLogicalId(4, 0xf),
        () -> apic.setId(7),
        () -> apic.enableX2apic());
  }

  @Test
  void whatUserspaceEnables() {
    State.assertEachStepShows(
        vm,
        () -> X86Vm.of(vm).enableX2apicApi(true, false),
        () -> X86Vm.of(vm).enableX2apicApi(false, true));
  }

  @Test
  void theScheduling() {
    State.assertEachStepShows(
        vm,
        () -> cpu.load(3),
        () -> cpu.put(),
        () -> cpu.load(4),
        () -> assertThat(cpu.block()).isTrue(),
        () -> cpu.load(4),
        () -> cpu.enter(),
        () -> cpu.leave());
  }
}
