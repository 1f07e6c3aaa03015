package org.irqbypass.kvm.x86;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.kvm.KvmHost.APIC_0;
import static org.irqbypass.kvm.KvmHost.apic;

import java.util.List;
import java.util.stream.IntStream;
import org.irqbypass.errno.Errno;
import org.irqbypass.kvm.KvmHost;
import org.irqbypass.kvm.KvmRules;
import org.irqbypass.kvm.Msi;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.Vm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Which local APIC a destination means (semantics 4.3, 6.1). */
class DeliveryTest {
  private static final int VECTOR = 0x41;
  private static final int LOGICAL = 1 << 2;
  private static final int HINT = 1 << 3;
  private static final int LOWEST_PRIORITY = 0x100;

  @RegisterExtension final KvmHost host = KvmHost.remapped();
  private final Vm vm = host.vm(4);

  private int send(int destination, int addressBits, int data) {
    return vm.signalMsi(Msi.of(APIC_0 | (long) destination << 12 | addressBits, data));
  }

  private List<Integer> reached() {
    return IntStream.range(0, 4).filter(id -> !apic(vm, id).irr().isEmpty()).boxed().toList();
  }

  private void flatIds() {
    for (int id = 0; id < 4; id++) {
      apic(vm, id).setLogicalId(1 << id, LocalApic.FLAT);
    }
  }

  @Test
  void physicalMeansOne() {
    assertThat(send(2, 0, VECTOR)).isEqualTo(1);
    assertThat(reached()).containsExactly(2);
    assertThat(send(9, 0, VECTOR)).isEqualTo(0);
  }

  @Test
  void broadcastMeansAll() {
    assertThat(send(0xff, 0, VECTOR)).isEqualTo(4);
    assertThat(reached()).containsExactly(0, 1, 2, 3);
  }

  @Test
  void flatLogicalIdsAreABitEach() {
    flatIds();
    assertThat(send(0b1010, LOGICAL, VECTOR)).isEqualTo(2);
    assertThat(reached()).containsExactly(1, 3);
    assertThat(send(0x40, LOGICAL, VECTOR)).isEqualTo(0);
  }

  @Test
  void clusterLogicalIdsAreAClusterAndABitEach() {
    for (int id = 0; id < 4; id++) {
      apic(vm, id).setLogicalId((id / 2) << 4 | 1 << id % 2, LocalApic.CLUSTER);
    }
    assertThat(send(0x13, LOGICAL, VECTOR)).isEqualTo(2);
    assertThat(reached()).containsExactly(2, 3);
  }

  @Test
  void lowestPriorityAndTheHintPickOneByTheVector() {
    flatIds();
    assertThat(send(0b1111, LOGICAL, LOWEST_PRIORITY | 0x42)).isEqualTo(1);
    assertThat(reached()).containsExactly(2); // 0x42 % 4
    assertThat(send(0b1010, LOGICAL | HINT, 0x51)).isEqualTo(1);
    assertThat(apic(vm, 3).irr()).containsExactly(0x51); // the second of two: 0x51 % 2
  }

  @Test
  void lowestPriorityPicksAmongEnabledOnes_whereEachHasToBeAsked() {
    flatIds();
    apic(vm, 1).setLogicalId(1, LocalApic.FLAT); // two share an ID
    apic(vm, 0).setSpuriousVector(0xff);
    assertThat(send(1, LOGICAL, LOWEST_PRIORITY | VECTOR)).isEqualTo(1);
    assertThat(reached()).containsExactly(1);
  }

  @Test
  void apicsOfDifferentFormatsAreEachAsked() {
    apic(vm, 0).setLogicalId(0x01, LocalApic.FLAT);
    apic(vm, 1).setLogicalId(0x11, LocalApic.CLUSTER);
    assertThat(send(0x11, LOGICAL, VECTOR)).isEqualTo(2);
    assertThat(reached()).containsExactly(0, 1);
  }

  @Test
  void physicalBroadcastOfLowestPriorityGoesToAll() {
    assertThat(send(0xff, 0, LOWEST_PRIORITY | VECTOR)).isEqualTo(4);
  }

  @Test
  void aChangedIdIsFound() {
    apic(vm, 3).setId(9);
    assertThat(send(9, 0, VECTOR)).isEqualTo(1);
    assertThat(reached()).containsExactly(3);
    assertThat(send(3, 0, VECTOR)).isEqualTo(0);
  }

  @Test
  void anApicThatNobodyHasSetUpIsNotFoundByItsAddress_butByABroadcast() {
    Vm fresh = host.bareVm();
    fresh.createIrqchip();
    fresh.createVcpu(0);
    assertThat(fresh.signalMsi(Msi.of(APIC_0, 0x400))).isEqualTo(0);
    assertThat(fresh.signalMsi(Msi.of(APIC_0 | 0xff << 12, 0x400))).isEqualTo(1);
    apic(fresh, 0).setSpuriousVector(0xff);
    assertThat(fresh.signalMsi(Msi.of(APIC_0, 0x400))).isEqualTo(1);
  }

  @Test
  void anApicIsFoundByItsAddressOnceUserspaceHasWrittenItsState() {
    Vm fresh = host.bareVm();
    fresh.createIrqchip();
    fresh.createVcpu(0);
    apic(fresh, 0).clear();
    assertThat(fresh.signalMsi(Msi.of(APIC_0, 0x400))).isEqualTo(1);
  }

  @Test
  void physicalBroadcastWithTheHintIsFixed_whateverTheMessageSays() {
    assertThat(send(0xff, HINT, 0x400 | VECTOR)).isEqualTo(1);
    assertThat(reached()).containsExactly(VECTOR % 4); // no NMI: the vector, at one of them
  }

  @Test
  void inX2apicFormatTheHighAddressExtendsTheDestination() {
    X86Vm.of(vm).enableX2apicApi(true, false);
    long far = 1L << 40 | APIC_0 | 2 << 12;
    assertThat(vm.signalMsi(Msi.of(far, VECTOR))).isEqualTo(0);
    KvmHost.assertErrno(Errno.EINVAL, () -> vm.signalMsi(Msi.of(1L << 32 | APIC_0, VECTOR)));
  }

  @Test
  void aMixedLogicalDestinationThatMeansNobodyIsEperm() {
    apic(vm, 0).setLogicalId(0x01, LocalApic.FLAT);
    apic(vm, 1).setLogicalId(0x11, LocalApic.CLUSTER);
    KvmHost.assertErrno(Errno.EPERM, () -> send(0x40, LOGICAL, VECTOR));
  }

  /** A line of a message's gsi rises only; each message is told, however it comes. */
  @Test
  void aMessagesLineRisesAndDoesNotFall() {
    KvmHost.route(vm, KvmHost.msi(24, 1, VECTOR));
    host.events.clear();
    assertThat(vm.irqLine(24, 0)).isEqualTo(-1);
    assertThat(reached()).isEmpty();
    assertThat(vm.irqLine(24, 1)).isEqualTo(1);
    assertThat(reached()).containsExactly(1);
    assertThat(host.events(X86Event.MsiSetIrq.class)).hasSize(1);
    send(2, 0, VECTOR);
    assertThat(host.events(X86Event.MsiSetIrq.class)).hasSize(2);
  }

  @Test
  void aRouteToASyntheticInterruptReachesNobody() {
    KvmHost old = KvmHost.with(KvmRules.LINUX_6_1);
    Vm guest = old.vm(1);
    KvmHost.route(guest, new RoutingEntry.HypervSint(24, 0, 0, 2));
    assertThat(guest.irqLine(24, 1)).isEqualTo(-1);
    assertThat(guest.irqLine(24, 0)).isEqualTo(-1);
  }

  @Test
  void lowestPriorityOfALogicalDestinationThatMeansNobodyReachesNobody() {
    flatIds();
    assertThat(send(0x40, LOGICAL, LOWEST_PRIORITY | VECTOR)).isEqualTo(0);
    assertThat(send(0, LOGICAL, LOWEST_PRIORITY | VECTOR)).isEqualTo(0);
    apic(vm, 1).setLogicalId(0x11, LocalApic.CLUSTER); // each has to be asked
    KvmHost.assertErrno(Errno.EPERM, () -> send(0x40, LOGICAL, LOWEST_PRIORITY | VECTOR));
    assertThat(reached()).isEmpty();
  }

  @Test
  void lowestPriorityChoosesAmongThoseWhoAreMeant_whereEachHasToBeAsked() {
    flatIds();
    apic(vm, 1).setLogicalId(0x11, LocalApic.CLUSTER);
    assertThat(send(0x01, LOGICAL, LOWEST_PRIORITY | 0x42)).isEqualTo(1);
    assertThat(reached()).containsExactly(0);
    // A logical broadcast chooses as well: only a physical one is made a fixed interrupt.
    assertThat(send(0xff, LOGICAL, LOWEST_PRIORITY | 0x53)).isEqualTo(1);
    assertThat(apic(vm, 3).irr()).containsExactly(0x53);
  }
}
