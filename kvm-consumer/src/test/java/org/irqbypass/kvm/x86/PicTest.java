package org.irqbypass.kvm.x86;

import static com.google.common.truth.Truth.assertThat;

import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.KvmEvent;
import org.irqbypass.kvm.KvmHost;
import org.irqbypass.kvm.VcpuEvent;
import org.irqbypass.kvm.Vm;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The two PICs, for guests that use them. */
class PicTest {
  @RegisterExtension final KvmHost host = KvmHost.remapped();
  private final Vm vm = host.vm(1);
  private final Pic pic = X86Vm.of(vm).pic();

  @BeforeEach
  void programAsFirmwareDoes() {
    pic.program(0, 0x30, 0, 0);
    pic.program(1, 0x38, 0, 0);
  }

  @Test
  void theLowestPinIsAcknowledgedFirst() {
    vm.irqLine(4, 1);
    vm.irqLine(1, 1);
    assertThat(pic.acknowledge()).isEqualTo(0x31);
    assertThat(pic.acknowledge()).isEqualTo(0x37); // pin 4 waits for the end of pin 1: spurious
    pic.end(0);
    assertThat(pic.acknowledge()).isEqualTo(0x34);
  }

  @Test
  void theSecondChipComesThroughPin2() {
    vm.irqLine(11, 1);
    assertThat(pic.state(0).irr()).isEqualTo(1 << 2);
    assertThat(pic.acknowledge()).isEqualTo(0x3b);
    assertThat(pic.state(0).isr()).isEqualTo(1 << 2);
    assertThat(pic.state(1).isr()).isEqualTo(1 << 3);
  }

  @Test
  void anEndTellsWhoeverWaits() {
    vm.irqLine(11, 1);
    pic.acknowledge();
    host.events.clear();
    pic.end(1);
    pic.end(1);
    assertThat(host.events(KvmEvent.AckIrq.class)).containsExactly(new KvmEvent.AckIrq(vm, 1, 3));
  }

  @Test
  void aLevelPinStaysPendingWhileItIsHigh() {
    pic.program(0, 0x30, 0, 1 << 5);
    vm.irqLine(5, 1);
    assertThat(pic.acknowledge()).isEqualTo(0x35);
    pic.end(0);
    assertThat(pic.acknowledge()).isEqualTo(0x35);
    vm.irqLine(5, 0);
    pic.end(0);
    assertThat(pic.acknowledge()).isEqualTo(0x37);
  }

  @Test
  void aMaskedPinLatchesAndIgnores() {
    pic.program(0, 0x30, 1 << 5, 0);
    assertThat(vm.irqLine(5, 1)).isEqualTo(-1);
    assertThat(pic.state(0).irr()).isEqualTo(1 << 5);
    pic.program(0, 0x30, 0, 0);
    assertThat(pic.acknowledge()).isEqualTo(0x35);
  }

  @Test
  void anEdgeThatWaitsCoalesces() {
    vm.irqLine(5, 1);
    vm.irqLine(5, 0);
    host.events.clear();
    vm.irqLine(5, 1);
    assertThat(host.events(X86Event.PicSetIrq.class))
        .containsExactly(new X86Event.PicSetIrq(0, 5, false, false, true));
  }

  /** Pin 0 of either chip is a pin like any other. */
  @Test
  void theFirstPinsOfBothChipsAreAcknowledged() {
    vm.irqLine(8, 1);
    vm.irqLine(0, 1);
    assertThat(pic.acknowledge()).isEqualTo(0x30);
    pic.end(0);
    assertThat(pic.acknowledge()).isEqualTo(0x38);
    pic.end(1);
    pic.end(0);
    assertThat(pic.acknowledge()).isEqualTo(0x37);
    assertThat(pic.state(0).isr()).isEqualTo(0);
    assertThat(pic.state(1).isr()).isEqualTo(0);
  }

  @Test
  void aMoreUrgentPinInterruptsALessUrgentOneInService() {
    vm.irqLine(6, 1);
    assertThat(pic.acknowledge()).isEqualTo(0x36);
    vm.irqLine(5, 1);
    assertThat(pic.acknowledge()).isEqualTo(0x35);
    assertThat(pic.state(0).isr()).isEqualTo(1 << 5 | 1 << 6);
    pic.end(0);
    assertThat(pic.state(0).isr()).isEqualTo(1 << 6);
  }

  @Test
  void aRisingOutputKicksTheFirstVcpuOnce() {
    KvmHost.vcpu(vm, 0).enter();
    host.events.clear();
    vm.irqLine(5, 1);
    assertThat(host.events(VcpuEvent.Exit.class)).hasSize(1);
    vm.irqLine(6, 1); // the output is high already
    assertThat(host.events(VcpuEvent.Exit.class)).hasSize(1);
  }

  @Test
  void theTracepointTellsHowThePinIsSet() {
    pic.program(1, 0x38, 1 << 4, 1 << 3);
    host.events.clear();
    vm.irqLine(11, 1);
    vm.irqLine(12, 1);
    vm.irqLine(3, 1);
    assertThat(host.events(X86Event.PicSetIrq.class))
        .containsExactly(
            new X86Event.PicSetIrq(1, 3, true, false, false),
            new X86Event.PicSetIrq(1, 4, false, true, false),
            new X86Event.PicSetIrq(0, 3, false, false, false))
        .inOrder();
  }

  @Test
  void aPinInServiceWaitsForItsOwnEnd() {
    pic.program(0, 0x30, 0, 1 << 5);
    vm.irqLine(5, 1);
    assertThat(pic.acknowledge()).isEqualTo(0x35);
    assertThat(pic.acknowledge()).isEqualTo(0x37);
    pic.end(0);
    assertThat(pic.acknowledge()).isEqualTo(0x35);
  }

  @Test
  void aLevelOfTheSecondChipThatFellLeavesASpuriousInterruptOfThatChip() {
    pic.program(1, 0x38, 0, 1 << 3);
    vm.irqLine(11, 1);
    vm.irqLine(11, 0);
    assertThat(pic.acknowledge()).isEqualTo(0x3f);
    assertThat(pic.state(0).isr()).isEqualTo(1 << 2);
    assertThat(pic.state(1).isr()).isEqualTo(0);
  }

  /** A pin is high while one of its own sources is, whatever the other chip's pin does. */
  @Test
  void pinsOfTheSameNumberHaveLinesOfTheirOwn() {
    int trigger = host.eventfd();
    vm.irqfd(IrqfdRequest.resample(trigger, 3, host.eventfd()));
    host.context(trigger).signal();
    host.work();
    vm.irqLine(11, 1);
    vm.irqLine(11, 0);
    assertThat(pic.state(0).lastIrr() & 1 << 3).isNotEqualTo(0);
    assertThat(pic.state(1).lastIrr()).isEqualTo(0);
  }

  @Test
  void onlyTheOutputsRiseTellsTheFirstVcpu_alsoThatOfPin0() {
    int[] told = new int[1];
    KvmHost.vcpu(vm, 0).listen(which -> told[0]++);
    vm.irqLine(0, 1);
    assertThat(told[0]).isEqualTo(1);
    vm.irqLine(6, 1);
    vm.irqLine(6, 0);
    assertThat(told[0]).isEqualTo(1);
  }

  /** Regression: who waits for the PIC slept on when another vCPU unmasked or ended. */
  @Test
  void theOutputsRiseIsToldWhateverMadeItRise() {
    int[] told = new int[1];
    KvmHost.vcpu(vm, 0).listen(which -> told[0]++);
    pic.program(0, 0x30, 1 << 5, 0);
    vm.irqLine(5, 1);
    assertThat(told[0]).isEqualTo(0);
    pic.program(0, 0x30, 0, 0);
    assertThat(told[0]).isEqualTo(1);
    assertThat(pic.acknowledge()).isEqualTo(0x35);
    vm.irqLine(6, 1); // waits for the end of pin 5
    assertThat(told[0]).isEqualTo(1);
    pic.end(0);
    assertThat(told[0]).isEqualTo(2);
    assertThat(pic.acknowledge()).isEqualTo(0x36);
  }

  @Test
  void anEndThatLowersItsLineTellsTheVcpuNothing() {
    int[] told = new int[1];
    int trigger = host.eventfd();
    int resample = host.eventfd();
    pic.program(0, 0x30, 0, 1 << 3);
    vm.irqfd(IrqfdRequest.resample(trigger, 3, resample));
    host.context(trigger).signal();
    host.work();
    assertThat(pic.acknowledge()).isEqualTo(0x33);
    KvmHost.vcpu(vm, 0).listen(which -> told[0]++);
    pic.end(0);
    assertThat(host.context(resample).count()).isEqualTo(1);
    assertThat(told[0]).isEqualTo(0);
  }
}
