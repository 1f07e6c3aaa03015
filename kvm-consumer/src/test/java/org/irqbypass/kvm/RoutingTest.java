package org.irqbypass.kvm;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.kvm.KvmHost.APIC_0;
import static org.irqbypass.kvm.KvmHost.assertErrno;
import static org.irqbypass.kvm.KvmHost.irr;
import static org.irqbypass.kvm.KvmHost.msi;
import static org.irqbypass.kvm.KvmHost.route;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.irqbypass.errno.Errno;
import org.irqbypass.kvm.x86.X86Vm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** KVM_SET_GSI_ROUTING, row by row (semantics 4.2). */
class RoutingTest {
  @RegisterExtension final KvmHost host = KvmHost.remapped();
  private final Vm vm = host.vm(1);

  private void refused(RoutingEntry... entries) {
    RoutingTable before = vm.routing();
    assertErrno(Errno.EINVAL, () -> route(vm, entries));
    assertThat(vm.routing()).isSameInstanceAs(before);
  }

  private static List<RoutingEntry> messages(int count) {
    List<RoutingEntry> entries = new ArrayList<>();
    for (int gsi = 0; gsi < count; gsi++) {
      entries.add(msi(gsi, 0x41));
    }
    return entries;
  }

  @Test
  void withoutInKernelIrqchipNothingCanBeRouted() {
    Vm bare = host.bareVm();
    assertErrno(Errno.EINVAL, () -> route(bare));
    assertErrno(Errno.EINVAL, () -> route(bare, msi(24, 0x41)));
  }

  @Test
  void upTo4096Routes() {
    vm.setGsiRouting(messages(4096), 0);
    assertErrno(Errno.EINVAL, () -> vm.setGsiRouting(messages(4097), 0));
    assertThat(vm.routing().size()).isEqualTo(4096);
  }

  @Test
  void theHeaderHasNoFlags() {
    assertErrno(Errno.EINVAL, () -> vm.setGsiRouting(List.of(), 1));
  }

  @Test
  void theGsiMustBeBelow4096() {
    route(vm, msi(4095, 0x41));
    refused(msi(4096, 0x41));
    refused(msi(-1, 0x41));
  }

  @Test
  void messagesMayCarryADeviceIdAndNothingElseHasFlags() {
    route(vm, RoutingEntry.msi(24, APIC_0, 0x41, 7));
    refused(new RoutingEntry.Message(24, new Msi((int) APIC_0, 0, 0x41, 2, 0)));
    refused(new RoutingEntry.Irqchip(5, 1, 2, 5));
  }

  @Test
  void aGsiTwiceIsLegalOnDifferentControllersOnly() {
    route(vm, RoutingEntry.irqchip(5, 0, 5), RoutingEntry.irqchip(5, 2, 5));
    route(
        vm,
        RoutingEntry.irqchip(5, 0, 5),
        RoutingEntry.irqchip(5, 1, 5),
        RoutingEntry.irqchip(5, 2, 5));
    refused(RoutingEntry.irqchip(5, 0, 5), RoutingEntry.irqchip(5, 0, 6));
    refused(RoutingEntry.irqchip(5, 2, 5), msi(5, 0x41));
    refused(msi(5, 0x41), RoutingEntry.irqchip(5, 2, 5));
    refused(msi(24, 0x41), msi(24, 0x42));
    route(vm, RoutingEntry.irqchip(5, 2, 5), RoutingEntry.irqchip(6, 2, 5));
  }

  @Test
  void pinsAndControllersMustExist() {
    route(vm, RoutingEntry.irqchip(0, 0, 7));
    route(vm, RoutingEntry.irqchip(0, 2, 23));
    refused(RoutingEntry.irqchip(0, 0, 8));
    refused(RoutingEntry.irqchip(0, 1, 8));
    refused(RoutingEntry.irqchip(0, 2, 24));
    refused(RoutingEntry.irqchip(0, 2, -1));
    refused(RoutingEntry.irqchip(0, 3, 0));
    refused(new RoutingEntry.Other(24, 0, 0));
    refused(new RoutingEntry.Other(24, 255, 0));
  }

  @Test
  void aSplitIrqchipHasNoPins() {
    Vm split = host.splitVm(1);
    route(split, msi(24, 0x41));
    assertErrno(Errno.EINVAL, () -> route(split, RoutingEntry.irqchip(0, 2, 0)));
  }

  @Test
  void inX2apicFormatTheLowByteOfTheHighAddressMustBeClear() {
    route(vm, RoutingEntry.msi(24, 1L << 32 | APIC_0, 0x41));
    X86Vm.of(vm).enableX2apicApi(true, false);
    refused(RoutingEntry.msi(24, 1L << 32 | APIC_0, 0x41));
    route(vm, RoutingEntry.msi(24, 1L << 40 | APIC_0, 0x41));
  }

  @Test
  void hypervRoutesAreAcceptedOn61AndInjectNothing() {
    RoutingEntry sint = new RoutingEntry.HypervSint(24, 0, 0, 2);
    refused(sint);
    KvmHost old = KvmHost.with(KvmRules.LINUX_6_1);
    Vm accepting = old.vm(1);
    route(accepting, sint);
    int fd = old.eventfd();
    old.assign(accepting, fd, 24);
    old.context(fd).signal();
    assertThat(old.queue.queued()).isEmpty();
    assertThat(irr(accepting)).isEmpty();
  }

  @Test
  void aTableIsReplacedAsAWhole() {
    route(vm, msi(24, 0x41), msi(25, 0x42));
    route(vm, msi(25, 0x43));
    assertThat(vm.routing().routes(24)).isEmpty();
    assertThat(vm.routing().onlyRoute(25)).isNotNull();
    route(vm);
    assertThat(vm.routing().size()).isEqualTo(0);
  }

  @Test
  void aRefusedTableLeavesTheOldOneInForce() {
    route(vm, msi(24, 0x52));
    int fd = host.eventfd();
    host.assign(vm, fd, 24);
    refused(msi(24, 0x53), msi(24, 0x54));
    host.context(fd).signal();
    assertThat(irr(vm)).containsExactly(0x52);
  }

  @Test
  void aNewIrqchipRoutesTheLowest16ToBothControllersAndTheRestToTheIoapic() {
    for (int gsi = 0; gsi < 24; gsi++) {
      assertThat(vm.routing().routes(gsi)).hasSize(gsi < 16 ? 2 : 1);
      assertThat(vm.routing().gsiOf(2, gsi)).isEqualTo(gsi);
    }
    assertThat(vm.routing().routes(24)).isEmpty();
  }

  @Test
  void aPinThatIsNotRoutedBelongsToNoGsi() {
    route(vm, RoutingEntry.irqchip(30, 2, 5), RoutingEntry.irqchip(0, 1, 0));
    for (int pin = -1; pin <= 24; pin++) {
      assertThat(vm.routing().gsiOf(2, pin)).isEqualTo(pin == 5 ? 30 : -1);
      assertThat(vm.routing().gsiOf(1, pin)).isEqualTo(pin == 0 ? 0 : -1);
      assertThat(vm.routing().gsiOf(0, pin)).isEqualTo(-1);
      assertThat(vm.routing().gsiOf(3, pin)).isEqualTo(-1);
    }
  }

  @Test
  void severalEntriesAreAllDriven_inTheOrderGiven() {
    route(vm, RoutingEntry.irqchip(24, 2, 9), RoutingEntry.irqchip(24, 0, 4));
    vm.irqLine(24, 1);
    assertThat(X86Vm.of(vm).pic().state(0).irr()).isEqualTo(1 << 4);
    assertThat(X86Vm.of(vm).ioApic().irr()).isEqualTo(1 << 9);
    assertThat(host.eventNames(e -> e.getClass().getName().contains("X86Event")))
        .containsExactly("IoapicSetIrq", "PicSetIrq")
        .inOrder();
  }

  private static ByteBuffer struct(int nr, int flags, int entries) {
    ByteBuffer struct = ByteBuffer.allocate(8 + 48 * entries).order(ByteOrder.nativeOrder());
    struct.putInt(0, nr).putInt(4, flags);
    return struct;
  }

  @Test
  void theBinaryFormIsAHeaderOf8AndEntriesOf48() {
    ByteBuffer struct = struct(2, 0, 2);
    struct.putInt(8, 24).putInt(12, 2).putInt(16, 0);
    struct.putInt(24, (int) APIC_0).putInt(28, 0).putInt(32, 0x41);
    struct.putInt(56, 5).putInt(60, 1).putInt(72, 2).putInt(76, 23);
    vm.setGsiRouting(struct);
    assertThat(vm.routing().routes(24).get(0).entry()).isEqualTo(msi(24, 0x41));
    assertThat(vm.routing().routes(5).get(0).entry()).isEqualTo(RoutingEntry.irqchip(5, 2, 23));
  }

  @Test
  void theBinaryTypeIsTheEntrys() {
    Vm accepting = KvmHost.with(KvmRules.LINUX_6_1).vm(1);
    int[] types = {RoutingEntry.TYPE_IRQCHIP, RoutingEntry.TYPE_MSI, RoutingEntry.TYPE_HV_SINT};
    ByteBuffer struct = struct(types.length, 0, types.length);
    for (int i = 0; i < types.length; i++) {
      struct.putInt(8 + 48 * i, i).putInt(12 + 48 * i, types[i]);
    }
    accepting.setGsiRouting(struct);
    for (int i = 0; i < types.length; i++) {
      RoutingEntry entry = accepting.routing().routes(i).get(0).entry();
      assertThat(entry).isNotInstanceOf(RoutingEntry.Other.class);
      assertThat(entry.type()).isEqualTo(types[i]);
    }
  }

  @Test
  void theBinaryDeviceIdBelongsToTheMessage() {
    ByteBuffer struct = struct(1, 0, 1);
    struct.putInt(8, 24).putInt(12, 2).putInt(16, Msi.VALID_DEVID);
    struct.putInt(24, (int) APIC_0).putInt(32, 0x41).putInt(36, 7);
    vm.setGsiRouting(struct);
    assertThat(vm.routing().routes(24).get(0).entry())
        .isEqualTo(RoutingEntry.msi(24, APIC_0, 0x41, 7));
  }

  @Test
  void theBinaryHeaderIsCheckedBeforeTheEntriesAreRead() {
    assertErrno(Errno.EFAULT, () -> vm.setGsiRouting(ByteBuffer.allocate(7)));
    assertErrno(Errno.EINVAL, () -> vm.setGsiRouting(struct(4097, 0, 0)));
    assertErrno(Errno.EINVAL, () -> vm.setGsiRouting(struct(-1, 0, 0)));
    assertErrno(Errno.EINVAL, () -> vm.setGsiRouting(struct(1, 1, 0)));
    assertErrno(Errno.EFAULT, () -> vm.setGsiRouting(struct(1, 0, 0)));
  }

  /** Whatever tables come one after the other, an irqfd's cached route is that of the last one. */
  @Tag("random")
  @Property(tries = 100)
  void theCachedRouteIsThatOfTheTableInForce(
      @ForAll @Size(max = 12) List<@IntRange(max = 4) Integer> tables) {
    KvmHost fresh = KvmHost.remapped();
    Vm machine = fresh.vm(1);
    int fd = fresh.eventfd();
    Irqfd irqfd = fresh.assign(machine, fd, 9);
    for (int table : tables) {
      switch (table) {
        case 0 -> route(machine);
        case 1 -> route(machine, msi(9, 0x41));
        case 2 -> route(machine, msi(9, 0x42), msi(24, 0x41));
        case 3 -> route(machine, RoutingEntry.irqchip(9, 2, 9));
        default -> route(machine, RoutingEntry.irqchip(9, 2, 9), RoutingEntry.irqchip(9, 1, 1));
      }
      Route expected = machine.routing().onlyRoute(9);
      Route cached = irqfd.route();
      assertThat(cached == null ? null : cached.entry())
          .isEqualTo(expected == null ? null : expected.entry());
    }
  }
}
