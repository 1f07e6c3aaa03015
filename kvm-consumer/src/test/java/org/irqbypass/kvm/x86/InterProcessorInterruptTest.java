package org.irqbypass.kvm.x86;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.kvm.KvmHost.apic;

import java.util.List;
import java.util.stream.IntStream;
import org.irqbypass.kvm.KvmHost;
import org.irqbypass.kvm.Vcpu.Scheduling;
import org.irqbypass.kvm.VcpuEvent;
import org.irqbypass.kvm.Vm;
import org.irqbypass.kvm.x86.InterruptCommand.Shorthand;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a guest writes to its interrupt command register, and who gets it. */
class InterProcessorInterruptTest {
  private static final int VECTOR = 0x41;
  private static final int LOWEST_PRIORITY = 1 << 8;
  private static final int NMI = 4 << 8;
  private static final int INIT = 5 << 8;
  private static final int LOGICAL = 1 << 11;
  private static final int ASSERT = 1 << 14;
  private static final int LEVEL = 1 << 15;
  private static final int SELF = 1 << 18;
  private static final int ALL = 2 << 18;
  private static final int OTHERS = 3 << 18;

  @RegisterExtension final KvmHost host = new KvmHost();
  private final Vm vm = host.vm(4);

  private void send(int from, int low) {
    KvmHost.vcpu(vm, from).send(InterruptCommand.of(low, false));
  }

  private void sendTo(int destination, int low) {
    KvmHost.vcpu(vm, 0).send(InterruptCommand.of(((long) destination << 56) | low, false));
  }

  private List<Integer> reached() {
    return IntStream.range(0, 4).filter(id -> !apic(vm, id).irr().isEmpty()).boxed().toList();
  }

  private List<Integer> nmis() {
    return IntStream.range(0, 4).filter(id -> KvmHost.vcpu(vm, id).takeNmi()).boxed().toList();
  }

  @Test
  void aPhysicalDestinationMeansOne() {
    sendTo(2, VECTOR | ASSERT);
    assertThat(reached()).containsExactly(2);
    assertThat(KvmHost.vcpu(vm, 2).take()).isEqualTo(VECTOR);
  }

  @Test
  void aLogicalDestinationMeansSeveral() {
    for (int id = 0; id < 4; id++) {
      apic(vm, id).setLogicalId(1 << id, LocalApic.FLAT);
    }
    sendTo(0b1010, VECTOR | LOGICAL);
    assertThat(reached()).containsExactly(1, 3);
  }

  @Test
  void aClusterIsNamedByItsHighBits() {
    for (int id = 0; id < 4; id++) {
      apic(vm, id).setLogicalId(((id / 2) << 4) | (1 << (id % 2)), LocalApic.CLUSTER);
    }
    sendTo(0x13, VECTOR | LOGICAL);
    assertThat(reached()).containsExactly(2, 3);
  }

  @Test
  void shorthandsNeedNoDestination() {
    send(1, SELF | VECTOR);
    assertThat(reached()).containsExactly(1);
    send(1, OTHERS | VECTOR + 1);
    assertThat(apic(vm, 1).irr()).containsExactly(VECTOR);
    assertThat(reached()).containsExactly(0, 1, 2, 3);
    send(1, ALL | VECTOR + 2);
    for (int id = 0; id < 4; id++) {
      assertThat(apic(vm, id).irr()).contains(VECTOR + 2);
    }
  }

  @Test
  void lowestPriorityChoosesOneOfThoseWhoAreEnabled() {
    apic(vm, 2).setSpuriousVector(0xff);
    send(0, OTHERS | LOWEST_PRIORITY | 0x40);
    assertThat(reached()).containsExactly(1);
    send(0, OTHERS | LOWEST_PRIORITY | 0x41);
    assertThat(reached()).containsExactly(1, 3);
    apic(vm, 1).setSpuriousVector(0xff);
    apic(vm, 3).setSpuriousVector(0xff);
    send(0, OTHERS | LOWEST_PRIORITY | 0x42); // nobody is left
    assertThat(apic(vm, 1).irr()).containsExactly(0x40);
    assertThat(apic(vm, 3).irr()).containsExactly(0x41);
  }

  @Test
  void aNonMaskableInterruptPassesThePriorities() {
    apic(vm, 3).setTaskPriority(0xff);
    send(0, OTHERS | NMI);
    assertThat(nmis()).containsExactly(1, 2, 3);
    assertThat(reached()).isEmpty();
  }

  @Test
  void whoBlocksIsWoken() {
    KvmHost.vcpu(vm, 1).block();
    KvmHost.vcpu(vm, 2).block();
    sendTo(1, VECTOR);
    sendTo(2, NMI);
    assertThat(KvmHost.vcpu(vm, 1).scheduling()).isEqualTo(Scheduling.PREEMPTED);
    assertThat(KvmHost.vcpu(vm, 2).scheduling()).isEqualTo(Scheduling.PREEMPTED);
  }

  @Test
  void theDeassertionOfAnInitReachesNobody() {
    sendTo(1, INIT | LEVEL);
    assertThat(host.events(X86Event.ApicIpi.class)).hasSize(1);
    assertThat(host.events(X86Event.ApicAcceptIrq.class)).isEmpty();
    sendTo(1, INIT | LEVEL | ASSERT);
    assertThat(host.events(X86Event.ApicAcceptIrq.class)).hasSize(1);
  }

  @Test
  void theCommandsOfAnX2apicHave32BitDestinations() {
    assertThat(InterruptCommand.of(0x1234567800000000L | VECTOR, true).interrupt().destination())
        .isEqualTo(0x12345678);
    assertThat(InterruptCommand.of(0x1234567800000000L | VECTOR, false).interrupt().destination())
        .isEqualTo(0x12);
    assertThat(InterruptCommand.fixed(Shorthand.ALL, VECTOR))
        .isEqualTo(InterruptCommand.of(ALL | ASSERT | VECTOR, true));
  }

  @Test
  void withoutALocalApicNothingIsSent() {
    Vm bare = host.bareVm();
    bare.createVcpu(0);
    KvmHost.vcpu(bare, 0).send(InterruptCommand.fixed(Shorthand.ALL, VECTOR));
    assertThat(host.events(X86Event.ApicIpi.class)).isEmpty();
  }

  @Test
  void lowestPriorityToTheOthersDoesNotChooseTheSender() {
    send(0, OTHERS | LOWEST_PRIORITY | 0x42); // 0x42 % 3 = 0 of the three others; % 4 = 2 of all
    assertThat(reached()).containsExactly(1);
    send(3, OTHERS | LOWEST_PRIORITY | 0x43); // 1 of the three
    assertThat(apic(vm, 1).irr()).containsExactly(0x42, 0x43);
  }

  /** KVM keeps one more than the one that is handled. */
  @Test
  void twoNonMaskableInterruptsWaitAtMost() {
    for (int i = 0; i < 3; i++) {
      sendTo(1, NMI);
    }
    X86Vcpu target = KvmHost.vcpu(vm, 1);
    assertThat(target.takeNmi()).isTrue();
    assertThat(target.takeNmi()).isTrue();
    assertThat(target.takeNmi()).isFalse();
    assertThat(target.takeNmi()).isFalse();
  }

  @Test
  void whoSendsOrTakesExecutesGuestCode() {
    X86Vcpu sender = KvmHost.vcpu(vm, 0);
    sender.enter();
    sendTo(1, VECTOR);
    KvmHost.vcpu(vm, 1).send(InterruptCommand.of(NMI, false)); // kicks the sender out
    assertThat(sender.isInGuestMode()).isFalse();
    sendTo(1, VECTOR);
    assertThat(sender.isInGuestMode()).isTrue();
    KvmHost.vcpu(vm, 1).send(InterruptCommand.of(VECTOR, false));
    assertThat(sender.isInGuestMode()).isFalse();
    assertThat(sender.takeNmi()).isTrue();
    assertThat(sender.isInGuestMode()).isTrue();
  }

  @Test
  void withoutALocalApicNothingIsPendingAndNothingEnds() {
    Vm bare = host.bareVm();
    bare.createVcpu(0);
    X86Vcpu alone = KvmHost.vcpu(bare, 0);
    assertThat(alone.hasPending()).isFalse();
    assertThat(alone.take()).isEqualTo(-1);
    alone.end(VECTOR);
    assertThat(host.events(VcpuEvent.End.class)).isEmpty();
  }
}
