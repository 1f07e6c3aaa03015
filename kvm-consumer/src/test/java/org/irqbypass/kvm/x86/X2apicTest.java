package org.irqbypass.kvm.x86;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.kvm.KvmHost.APIC_0;
import static org.irqbypass.kvm.KvmHost.apic;
import static org.irqbypass.kvm.KvmHost.route;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.irqbypass.errno.Errno;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.Raise;
import org.irqbypass.kvm.KvmHost;
import org.irqbypass.kvm.Msi;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.Vcpu;
import org.irqbypass.kvm.Vm;
import org.irqbypass.kvm.x86.InterruptCommand.Shorthand;
import org.irqbypass.registry.BypassReason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Local APICs in x2APIC mode: 32-bit IDs, and logical IDs that are made of them. */
class X2apicTest {
  private static final int VECTOR = 0x41;
  private static final int FAR = 300;
  private static final int LOGICAL = 1 << 2;
  private static final int LOGICAL_COMMAND = 1 << 11;
  private static final int LOWEST_PRIORITY = 1 << 8;

  @RegisterExtension final KvmHost host = new KvmHost();
  private final Vm vm = host.vm(3);
  private final X86Vm machine = X86Vm.of(vm);

  X2apicTest() {
    for (int number : new int[] {17, FAR}) {
      vm.createVcpu(number);
      apic(vm, number).setSpuriousVector(LocalApic.SOFTWARE_ENABLED | 0xff);
    }
  }

  private void enableAll() {
    vm.vcpus().forEach(vcpu -> ((X86Vcpu) vcpu).localApic().enableX2apic());
  }

  /** Where a message for a 32-bit destination is written. */
  private static long address(int destination) {
    return ((long) (destination & ~0xff) << 32) | APIC_0 | ((long) (destination & 0xff) << 12);
  }

  private int message(int destination, int addressBits, int data) {
    return vm.signalMsi(Msi.of(address(destination) | addressBits, data));
  }

  private List<Integer> reached() {
    List<Integer> reached = new ArrayList<>();
    for (Vcpu vcpu : vm.vcpus()) {
      if (vcpu.take() >= 0) {
        reached.add(vcpu.id());
        vcpu.end(VECTOR);
      }
    }
    return reached;
  }

  private void command(int destination, int low) {
    long register = ((long) destination << 32) | low;
    KvmHost.vcpu(vm, 0).send(InterruptCommand.of(register, true));
  }

  @Test
  void idsAreTheHardwares() {
    assertThat(apic(vm, FAR).id()).isEqualTo(FAR & 0xff);
    apic(vm, 2).setId(9);
    enableAll();
    assertThat(apic(vm, 2).id()).isEqualTo(2);
    assertThat(apic(vm, FAR).id()).isEqualTo(FAR);
    assertThat(apic(vm, 2).logicalId()).isEqualTo(0b100);
    assertThat(apic(vm, 17).logicalId()).isEqualTo((1 << 16) | 0b10);
    assertThat(apic(vm, FAR).logicalId()).isEqualTo((18 << 16) | (1 << 12));
    assertThrows(IllegalStateException.class, () -> apic(vm, 2).setId(1));
    assertThrows(IllegalStateException.class, () -> apic(vm, 2).setLogicalId(1, LocalApic.FLAT));
  }

  @Test
  void aMessageReachesWhatItsFormatCanName() {
    enableAll();
    assertThat(message(17, 0, VECTOR)).isEqualTo(1);
    assertThat(reached()).containsExactly(17);
    machine.enableX2apicApi(true, false);
    assertThat(message(FAR, 0, VECTOR)).isEqualTo(1);
    assertThat(reached()).containsExactly(FAR);
  }

  @Test
  void aNumberThatNoXapicCanHaveIsFoundInEitherMode() {
    machine.enableX2apicApi(true, false);
    assertThat(message(FAR, 0, VECTOR)).isEqualTo(1);
    assertThat(reached()).containsExactly(FAR);
    assertThat(message(FAR & 0xff, 0, VECTOR)).isEqualTo(1);
    assertThat(reached()).containsExactly(FAR);
  }

  @Test
  void aLogicalDestinationIsAClusterAndABitForEachOfSixteen() {
    enableAll();
    message(0b101, LOGICAL, VECTOR);
    assertThat(reached()).containsExactly(0, 2);
    command((1 << 16) | 0b11, LOGICAL_COMMAND | VECTOR);
    assertThat(reached()).containsExactly(17);
    command((18 << 16) | (1 << 12), LOGICAL_COMMAND | VECTOR);
    assertThat(reached()).containsExactly(FAR);
    command((99 << 16) | 1, LOGICAL_COMMAND | VECTOR);
    assertThat(reached()).isEmpty();
  }

  /** Each finds its own by its number: those of other clusters share the bits, and mix nothing. */
  @Test
  void aLogicalDestinationThatMeansNobodyIsNoError() {
    enableAll();
    machine.enableX2apicApi(true, false);
    for (int nobody : new int[] {(99 << 16) | 1, (1 << 16) | 1, (18 << 16) | 1, 0b11000}) {
      assertThat(message(nobody, LOGICAL, VECTOR)).isEqualTo(0);
      assertThat(reached()).isEmpty();
    }
  }

  @Test
  void lowestPriorityHashesWithinTheCluster() {
    enableAll();
    command(0b111, LOGICAL_COMMAND | LOWEST_PRIORITY | VECTOR); // 0x41 % 3 = 2
    assertThat(reached()).containsExactly(2);
  }

  @Test
  void whereModesAreMixedEachIsAsked() {
    apic(vm, 0).setLogicalId(0b1, LocalApic.FLAT);
    apic(vm, 1).setLogicalId(0b10, LocalApic.FLAT);
    apic(vm, 2).enableX2apic();
    message(0b111, LOGICAL, VECTOR);
    assertThat(reached()).containsExactly(0, 1, 2);
    command(2, VECTOR);
    assertThat(reached()).containsExactly(2);
  }

  @Test
  void theHighestByteIsABroadcastOfMessages_andOfNoInterProcessorInterrupt() {
    enableAll();
    message(0xff, 0, VECTOR);
    assertThat(reached()).containsExactly(0, 1, 2, 17, FAR);
    command(0xff, VECTOR);
    assertThat(reached()).isEmpty();
    command(-1, VECTOR);
    assertThat(reached()).containsExactly(0, 1, 2, 17, FAR);
  }

  @Test
  void withoutTheQuirkItIsAnOrdinaryDestination() {
    vm.createVcpu(0xff);
    apic(vm, 0xff).setSpuriousVector(LocalApic.SOFTWARE_ENABLED | 0xff);
    enableAll();
    machine.enableX2apicApi(true, true);
    message(0xff, 0, VECTOR);
    assertThat(reached()).containsExactly(0xff);
    message(-1, 0, VECTOR);
    assertThat(reached()).containsExactly(0, 1, 2, 17, 0xff, FAR);
  }

  @Test
  void whatHas32BitsIsPosted() {
    enableAll();
    machine.enableX2apicApi(true, false);
    int fd = host.eventfd();
    HostIrq irq = host.produce(fd).irq();
    route(vm, RoutingEntry.msi(24, address(FAR), VECTOR));
    host.assign(vm, fd, 24);
    assertThat(irq.raise()).isEqualTo(Raise.POSTED);
    assertThat(reached()).containsExactly(FAR);
    route(vm, RoutingEntry.msi(24, address(0b11) | LOGICAL, VECTOR));
    assertThat(host.irqfd(vm, fd, 24).status().reason())
        .isEqualTo(BypassReason.SEVERAL_DESTINATIONS);
    route(vm, RoutingEntry.msi(24, address(0b10) | LOGICAL, VECTOR));
    assertThat(irq.raise()).isEqualTo(Raise.POSTED);
    assertThat(reached()).containsExactly(1);
  }

  /** Software does not find it by its address yet; who decides on posting asks each APIC. */
  @Test
  void whatIsForAnApicThatNobodyHasSetUpIsPosted() {
    machine.enableX2apicApi(true, false);
    for (int number : new int[] {5, FAR + 1}) {
      vm.createVcpu(number);
      int fd = host.eventfd();
      HostIrq irq = host.produce(fd).irq();
      route(vm, RoutingEntry.msi(24, address(number), VECTOR));
      host.assign(vm, fd, 24);
      assertThat(message(number, 0, VECTOR)).isEqualTo(0);
      assertThat(irq.raise()).isEqualTo(Raise.POSTED);
      assertThat(reached()).containsExactly(number);
    }
  }

  @Test
  void shorthandsMeanTheSameInBothModes() {
    enableAll();
    KvmHost.vcpu(vm, 17).send(InterruptCommand.fixed(Shorthand.OTHERS, VECTOR));
    assertThat(reached()).containsExactly(0, 1, 2, FAR);
  }

  // ---- Where modes are mixed

  private void mixModes() {
    vm.createVcpu(0x1ff);
    apic(vm, 0x1ff).setSpuriousVector(LocalApic.SOFTWARE_ENABLED | 0xff);
    apic(vm, 0).setLogicalId(0b1, LocalApic.FLAT);
    apic(vm, 1).setLogicalId(0b10, LocalApic.FLAT);
    for (int number : new int[] {2, 17, FAR, 0x1ff}) {
      apic(vm, number).enableX2apic();
    }
  }

  @Test
  void anX2apicIsMeantByItsClusterAndItsOwnBitAlone() {
    mixModes();
    message(0b010, LOGICAL, VECTOR); // 17 has this bit, in another cluster
    assertThat(reached()).containsExactly(1);
    message(0b110, LOGICAL, VECTOR);
    assertThat(reached()).containsExactly(1, 2);
  }

  @Test
  void aWideBroadcastOfADeviceMeansX2apicsWhateverTheirLogicalIds() {
    mixModes();
    machine.enableX2apicApi(true, false);
    message(-1, LOGICAL, VECTOR);
    assertThat(reached()).containsExactly(0, 1, 2, 17, FAR, 0x1ff);
    machine.enableX2apicApi(true, true);
    message(-1, LOGICAL, VECTOR);
    assertThat(reached()).containsExactly(0, 1, 2, 17, FAR, 0x1ff);
  }

  @Test
  void anX2apicIsNoTargetOfAnXapicsBroadcast_butOfItsWholeNumber() {
    vm.createVcpu(0xff);
    apic(vm, 0xff).setSpuriousVector(LocalApic.SOFTWARE_ENABLED | 0xff);
    mixModes();
    apic(vm, 0xff).enableX2apic();
    KvmHost.vcpu(vm, 0).send(InterruptCommand.of(0xffL << 56 | VECTOR, false));
    assertThat(reached()).containsExactly(0, 1, 0xff); // not 0x1ff, whose low bits are the same
  }

  @Test
  void withoutTheQuirkAMessageToNobodyIsNoErrorEither() {
    assertThat(message(99, 0, VECTOR)).isEqualTo(0);
    machine.enableX2apicApi(true, true);
    assertThat(message(99, 0, VECTOR)).isEqualTo(0);
    assertThat(message(17, 0, VECTOR)).isEqualTo(1);
    assertThat(reached()).containsExactly(17);
  }

  @Test
  void theHighestNumberThatAnXapicCanHaveDoesNotFindIt_onceItsIdIsAnother() {
    vm.createVcpu(0xff);
    apic(vm, 0xff).setSpuriousVector(LocalApic.SOFTWARE_ENABLED | 0xff);
    for (int number : new int[] {0, 1, 2, 17, FAR}) {
      apic(vm, number).enableX2apic();
    }
    machine.enableX2apicApi(true, true);
    assertThat(message(0xff, 0, VECTOR)).isEqualTo(1);
    assertThat(reached()).containsExactly(0xff);
    apic(vm, 0xff).setId(9);
    assertThat(message(0xff, 0, VECTOR)).isEqualTo(0);
    assertThat(message(9, 0, VECTOR)).isEqualTo(1);
    assertThat(reached()).containsExactly(0xff);
  }

  @Test
  void withoutTheQuirkTheHighestByteMeansXapicsOnly() {
    mixModes();
    message(0xff, 0, VECTOR);
    assertThat(reached()).containsExactly(0, 1, 2, 17, FAR, 0x1ff);
    machine.enableX2apicApi(false, true);
    message(0xff, 0, VECTOR);
    assertThat(reached()).containsExactly(0, 1);
  }

  // ---- Routes that were made before

  @Test
  void withoutTheFormatTheHighAddressIsNoDestination() {
    enableAll();
    int fd = host.eventfd();
    route(vm, RoutingEntry.msi(24, address(0x100 | 2), VECTOR));
    host.assign(vm, fd, 24);
    host.context(fd).signal();
    assertThat(reached()).containsExactly(2);
    assertThat(vm.irqLine(24, 1)).isEqualTo(1);
    assertThat(reached()).containsExactly(2);
    machine.enableX2apicApi(true, false);
    host.context(fd).signal();
    assertThat(reached()).isEmpty();
    assertThat(host.queue.queued()).isEmpty();
  }

  /** {@code kvm_msi_route_invalid()}: asked at each interrupt, since the format may come later. */
  @Test
  void aRouteThatTheFormatMakesMalformedReachesNobody() {
    RoutingEntry bad = RoutingEntry.msi(24, 1L << 32 | APIC_0, VECTOR);
    int fd = host.eventfd();
    route(vm, bad);
    host.assign(vm, fd, 24);
    assertThat(vm.irqLine(24, 1)).isEqualTo(1);
    assertThat(reached()).containsExactly(0);

    machine.enableX2apicApi(true, false);

    assertThat(vm.irqLine(24, 1)).isEqualTo(-1);
    host.context(fd).signal();
    host.work();
    assertThat(reached()).isEmpty();
    KvmHost.assertErrno(Errno.EINVAL, () -> route(vm, bad));
  }
}
