package org.irqbypass.kvm;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.kvm.KvmHost.apic;
import static org.irqbypass.kvm.KvmHost.irr;
import static org.irqbypass.kvm.KvmHost.vcpu;

import com.google.common.collect.Collections2;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import java.util.ArrayList;
import java.util.List;
import org.irqbypass.eventfd.EventfdEvent;
import org.irqbypass.kvm.x86.Redirection;
import org.irqbypass.kvm.x86.X86Vm;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The resampled level interrupt (semantics 4.1, "Resample path"). */
class ResamplerTest {
  private static final int VECTOR = 0x55;

  @RegisterExtension final KvmHost host = KvmHost.remapped();
  private final Vm vm = host.vm(1);
  private final int trigger = host.eventfd();
  private final int resample = host.eventfd();

  @BeforeEach
  void programLevelPin() {
    X86Vm.of(vm).ioApic().writeRedirection(10, Redirection.entry(VECTOR, 0, true, false));
    vm.irqfd(IrqfdRequest.resample(trigger, 10, resample));
  }

  private void raise(int fd) {
    host.context(fd).signal();
    host.work();
  }

  private int guestTakesAndEnds() {
    int vector = vcpu(vm, 0).take();
    vcpu(vm, 0).end(vector);
    return vector;
  }

  @Test
  void aSignalAssertsTheLineAndLeavesItHigh() {
    raise(trigger);
    assertThat(irr(vm)).containsExactly(VECTOR);
    assertThat(X86Vm.of(vm).ioApic().irr()).isEqualTo(1 << 10);
    assertThat(host.events(KvmEvent.SetIrq.class))
        .containsExactly(new KvmEvent.SetIrq(vm, 10, 1, Vm.RESAMPLER_SOURCE));
  }

  @Test
  void theGuestsEndLowersTheLineThenSignalsTheResampleEventfd() {
    raise(trigger);
    host.events.clear();
    assertThat(guestTakesAndEnds()).isEqualTo(VECTOR);
    assertThat(
            host.eventNames(
                e ->
                    e instanceof KvmEvent
                        || e instanceof EventfdEvent
                        || e.getClass().getSimpleName().equals("Eoi")))
        .containsExactly("Eoi", "AckIrq", "ResamplerAck", "SetIrq", "Signal")
        .inOrder();
    assertThat(X86Vm.of(vm).ioApic().irr()).isEqualTo(0);
    assertThat(host.context(resample).read()).isEqualTo(1);
  }

  @Test
  void aSignalBeforeTheEndReachesNobodyAndIsNotLostAtTheNext() {
    raise(trigger);
    raise(trigger);
    assertThat(guestTakesAndEnds()).isEqualTo(VECTOR);
    assertThat(vcpu(vm, 0).take()).isEqualTo(-1);
    raise(trigger);
    assertThat(guestTakesAndEnds()).isEqualTo(VECTOR);
    assertThat(host.context(resample).read()).isEqualTo(2);
  }

  @Test
  void allResampleEventfdsOfTheGsiAreSignalled_theNewestFirst() {
    int secondTrigger = host.eventfd();
    int secondResample = host.eventfd();
    vm.irqfd(IrqfdRequest.resample(secondTrigger, 10, secondResample));
    raise(secondTrigger);
    host.events.clear();
    guestTakesAndEnds();
    assertThat(host.events(KvmEvent.ResamplerAck.class)).hasSize(1);
    assertThat(host.events(EventfdEvent.Signal.class))
        .containsExactly(
            new EventfdEvent.Signal(host.context(secondResample), 1),
            new EventfdEvent.Signal(host.context(resample), 1))
        .inOrder();
  }

  @Test
  void onlyTheLastIrqfdOfAGsiTakesTheLineWithIt() {
    int secondTrigger = host.eventfd();
    vm.irqfd(IrqfdRequest.resample(secondTrigger, 10, resample));
    raise(trigger);
    vm.irqfd(IrqfdRequest.deassign(trigger, 10));
    assertThat(X86Vm.of(vm).ioApic().irr()).isEqualTo(1 << 10);
    vm.irqfd(IrqfdRequest.deassign(secondTrigger, 10));
    assertThat(X86Vm.of(vm).ioApic().irr()).isEqualTo(0);
    host.events.clear();
    guestTakesAndEnds();
    assertThat(host.events(KvmEvent.ResamplerAck.class)).isEmpty();
  }

  @Test
  void twoSourcesHoldTheLine_untilBothHaveLetGo() {
    raise(trigger);
    vm.irqLine(10, 1);
    guestTakesAndEnds(); // the resampler lets go, userspace does not: fires again
    assertThat(irr(vm)).containsExactly(VECTOR);
    vm.irqLine(10, 0);
    guestTakesAndEnds();
    assertThat(irr(vm)).isEmpty();
  }

  @Test
  void oneEventfdMayBeTriggerAndResample() {
    vm.irqfd(IrqfdRequest.deassign(trigger, 10));
    vm.irqfd(IrqfdRequest.resample(trigger, 10, trigger));
    raise(trigger);
    guestTakesAndEnds(); // signals itself once: asserted again, no endless loop
    assertThat(host.queue.queued()).hasSize(1);
    host.work();
    assertThat(irr(vm)).containsExactly(VECTOR);
  }

  @Test
  void theTriggerModeIsRememberedByTheLocalApic() {
    raise(trigger);
    assertThat(apic(vm, 0).tmr()).containsExactly(VECTOR);
  }

  /** A line's first and last irqfd change what all lines share, under a lock of its own. */
  @Test
  void irqfdsOfOtherThreadsComeAndGoToo() throws InterruptedException {
    IrqfdRequest other = IrqfdRequest.resample(host.eventfd(), 11, host.eventfd());
    LocksKept.assertGoesThrough(() -> vm.irqfd(other));
    assertThat(vm.irqfds()).hasSize(2);
    vm.irqfd(IrqfdRequest.deassign(trigger, 10));
    LocksKept.assertGoesThrough(() -> vm.irqfd(IrqfdRequest.deassign(other.fd(), 11)));

    assertThat(vm.irqfds()).isEmpty();
    assertThat(vm.hasAckNotifier(0, 10)).isFalse();
  }

  @Test
  void onlyItsOwnPinIsListenedTo() {
    assertThat(vm.hasAckNotifier(2, 10)).isTrue();
    assertThat(vm.hasAckNotifier(2, 11)).isFalse();
    for (int[] nowhere : new int[][] {{-1, 10}, {3, 10}, {2, -1}, {2, 24}}) {
      assertThat(vm.hasAckNotifier(nowhere[0], nowhere[1])).isFalse();
      vm.notifyAcked(nowhere[0], nowhere[1]);
    }
    assertThat(host.context(resample).count()).isEqualTo(0);
    vm.notifyAcked(2, 10);
    assertThat(host.context(resample).count()).isEqualTo(1);
    vm.irqfd(IrqfdRequest.deassign(trigger, 10));
    assertThat(vm.hasAckNotifier(2, 10)).isFalse();
  }

  /** They are linked: whichever goes, the others stay, and only they. */
  @Test
  void whoeverOfAGsisIrqfdsWent_theOthersAreSignalledTheNewestFirst() {
    vm.irqfd(IrqfdRequest.deassign(trigger, 10));
    for (List<Integer> order : Collections2.permutations(ImmutableList.of(0, 1, 2))) {
      List<Integer> triggers = new ArrayList<>();
      List<EventfdEvent.Signal> expected = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        int told = host.eventfd();
        triggers.add(host.eventfd());
        expected.add(new EventfdEvent.Signal(host.context(told), 1));
        vm.irqfd(IrqfdRequest.resample(triggers.get(i), 10, told));
      }
      List<EventfdEvent.Signal> left = new ArrayList<>(Lists.reverse(expected));
      for (int goes : order) {
        vm.irqfd(IrqfdRequest.deassign(triggers.get(goes), 10));
        left.remove(expected.get(goes));
        host.events.clear();
        vm.notifyAcked(2, 10);
        assertThat(host.events(EventfdEvent.Signal.class))
            .containsExactlyElementsIn(left)
            .inOrder();
      }
    }
  }

  /** The gsi is not checked: one that looks like "no gsi" is nobody's pin. */
  @Test
  void gsi0IsAGsi_andAPinThatIsNotRoutedIsNoGsis() {
    int[] told = {host.eventfd(), host.eventfd()};
    vm.irqfd(IrqfdRequest.resample(host.eventfd(), 0, told[0]));
    vm.irqfd(IrqfdRequest.resample(host.eventfd(), -1, told[1]));
    assertThat(vm.hasAckNotifier(2, 0)).isTrue();
    assertThat(vm.hasAckNotifier(2, 24)).isFalse();
    vm.notifyAcked(2, 0);
    vm.notifyAcked(2, 24);

    assertThat(host.context(told[0]).count()).isEqualTo(1);
    assertThat(host.context(told[1]).count()).isEqualTo(0);
  }
}
