package org.irqbypass.conformance.selftests;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.host.Raise;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.Vm;
import org.irqbypass.legacy.KvmVfioDevIrq;
import org.irqbypass.scenario.KernelProfile;
import org.irqbypass.scenario.Platforms;
import org.irqbypass.vfio.DeviceInfo;
import org.irqbypass.vfio.IrqIndex;
import org.irqbypass.vfio.IrqInfo;
import org.irqbypass.vfio.IrqSet;
import org.irqbypass.vfio.pci.PciFunction;
import org.irqbypass.work.CooperativeWaiter;
import org.irqbypass.work.DeterministicWorkQueue;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What {@code vfio/vfio_pci_device_test.c} asserts of interrupts and configuration space: for MSI
 * and MSI-X as many vectors as there are, but no more than 16, are enabled; each, signalled by
 * hand, is read once from its eventfd and from no other; then they are disabled. And beyond it:
 * with irqfds behind the eventfds, what is signalled by hand and what the device raises both reach
 * the guest, and where hardware posts only the former comes through the host.
 */
class VfioPciDeviceTest {
  private static final int MOST_VECTORS = 16;
  private static final int FIRST_GSI = 32;
  private static final int FIRST_VECTOR = 0x40;

  /** A host and how many messages the device has of one kind. */
  record Variant(KernelProfile profile, String platform, Contender contender, int index, int has) {
    int vectors() {
      return Math.min(has, MOST_VECTORS);
    }

    @Override
    public String toString() {
      return String.format(
          "%s, %s, %s, %d of %s",
          profile.name(), platform, contender, has, index == IrqIndex.MSI ? "MSI" : "MSI-X");
    }
  }

  private final DeterministicWorkQueue work = new DeterministicWorkQueue();

  private static Stream<Variant> devices(
      KernelProfile profile, String platform, Contender contender) {
    return Stream.concat(
        Stream.of(1, 2, 16, 32)
            .map(has -> new Variant(profile, platform, contender, IrqIndex.MSI, has)),
        Stream.of(1, 5, 16, 17, 64)
            .map(has -> new Variant(profile, platform, contender, IrqIndex.MSIX, has)));
  }

  static Stream<Variant> onEveryHost() {
    return KernelProfile.ALL.stream()
        .flatMap(
            profile ->
                Platforms.existing().stream()
                    .flatMap(platform -> devices(profile, platform, Contender.AUTOMATIC)));
  }

  static Stream<Variant> withAGuest() {
    return KernelProfile.ALL.stream()
        .flatMap(
            profile ->
                Stream.of(
                        devices(profile, "x86-remapped", Contender.AUTOMATIC),
                        devices(profile, "x86-posted", Contender.AUTOMATIC),
                        devices(profile, "x86-posted", Contender.EXPLICIT))
                    .flatMap(devices -> devices));
  }

  private Machine machine(Variant variant) {
    return new Machine(
        variant.profile, variant.platform, variant.contender, work, new CooperativeWaiter(work));
  }

  private static Machine.OpenDevice open(Machine machine, Variant variant) {
    PciFunction.Builder function = PciFunction.builder(machine.interrupts, "device");
    return machine.open(
        (variant.index == IrqIndex.MSI ? function.msi(variant.has) : function.msix(variant.has))
            .build());
  }

  private static int[] eventfds(Machine machine, int count) {
    return IntStream.range(0, count).map(i -> machine.eventfd()).toArray();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("onEveryHost")
  void eachVectorSignalledByHandIsReadOnce(Variant variant) {
    Machine machine = machine(variant);
    Machine.OpenDevice device = open(machine, variant);
    IrqInfo info = device.vfio().irqInfo(variant.index, IrqInfo.MINIMUM_SIZE);
    assertThat(info.count()).isEqualTo(variant.has);
    assertThat(info.flags() & IrqInfo.FLAG_EVENTFD).isNotEqualTo(0);

    int vectors = variant.vectors();
    int[] eventfds = eventfds(machine, vectors);
    assertThat(device.vfio().setIrqs(IrqSet.trigger(variant.index, 0, eventfds))).isEqualTo(0);
    for (int vector = 0; vector < vectors; vector++) {
      assertNoneSignalled(machine, eventfds);
      assertThat(device.vfio().setIrqs(IrqSet.loopBack(variant.index, vector, 1))).isEqualTo(0);
      assertWithMessage("vector %s", vector)
          .that(machine.context(eventfds[vector]).read())
          .isEqualTo(1);
    }
    assertNoneSignalled(machine, eventfds);

    assertThat(device.vfio().setIrqs(IrqSet.loopBack(variant.index, 0, vectors))).isEqualTo(0);
    for (int eventfd : eventfds) {
      assertThat(machine.context(eventfd).read()).isEqualTo(1);
    }

    assertThat(device.vfio().setIrqs(IrqSet.disable(variant.index))).isEqualTo(0);
    ErrnoException refused =
        assertThrows(
            ErrnoException.class,
            () -> device.vfio().setIrqs(IrqSet.loopBack(variant.index, 0, 1)));
    assertThat(refused.errno()).isEqualTo(Errno.EINVAL);
    assertNoneSignalled(machine, eventfds);
    assertThat(machine.kernel.registry().registered()).isEqualTo(0);
  }

  private static void assertNoneSignalled(Machine machine, int[] eventfds) {
    for (int eventfd : eventfds) {
      assertThat(machine.context(eventfd).count()).isEqualTo(0);
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("withAGuest")
  void eachVectorReachesTheGuest(Variant variant) {
    Machine machine = machine(variant);
    Machine.OpenDevice device = open(machine, variant);
    int vectors = variant.vectors();
    int[] eventfds = eventfds(machine, vectors);
    Vm vm = machine.vm(2);
    vm.setGsiRouting(routes(vectors), 0);
    device.vfio().setIrqs(IrqSet.trigger(variant.index, 0, eventfds));
    for (int i = 0; i < vectors; i++) {
      vm.irqfd(IrqfdRequest.assign(eventfds[i], FIRST_GSI + i));
    }
    if (variant.contender == Contender.EXPLICIT) {
      int[] gsis = IntStream.range(FIRST_GSI, FIRST_GSI + vectors).toArray();
      machine.kvmVfio(vm, device).forward(KvmVfioDevIrq.of(device.fd(), variant.index, 0, gsis));
    }
    Raise expected = variant.platform.equals("x86-posted") ? Raise.POSTED : Raise.HANDLED;
    for (int i = 0; i < vectors; i++) {
      device.vfio().setIrqs(IrqSet.loopBack(variant.index, i, 1));
      assertTaken(vm, i);
      Raise raised =
          variant.index == IrqIndex.MSI
              ? device.function().raiseMsi(i)
              : device.function().raiseMsix(i);
      assertWithMessage("vector %s", i).that(raised).isEqualTo(expected);
      assertTaken(vm, i);
    }
    assertThat(device.vfio().setIrqs(IrqSet.disable(variant.index))).isEqualTo(0);
    assertThat(machine.kernel.registry().connected()).isEqualTo(0);
    device.function().raiseMsix(0);
    device.function().raiseMsi(0);
    work.runAll();
    assertThat(vm.vcpuById(0).take()).isEqualTo(-1);
  }

  /** Even vectors go to vCPU 0, odd ones to vCPU 1. */
  private static List<RoutingEntry> routes(int count) {
    List<RoutingEntry> routes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      routes.add(RoutingEntry.msi(FIRST_GSI + i, 0xfee00000L | (i % 2) << 12, FIRST_VECTOR + i));
    }
    return ImmutableList.copyOf(routes);
  }

  private void assertTaken(Vm vm, int i) {
    work.runAll();
    assertWithMessage("vector %s", i).that(vm.vcpuById(i % 2).take()).isEqualTo(FIRST_VECTOR + i);
    vm.vcpuById(i % 2).end(FIRST_VECTOR + i);
    assertWithMessage("vector %s", i).that(vm.vcpuById(0).hasPending()).isFalse();
    assertWithMessage("vector %s", i).that(vm.vcpuById(1).hasPending()).isFalse();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("onEveryHost")
  void theDeviceCanBeAskedConfiguredAndReset(Variant variant) {
    Machine.OpenDevice device = open(machine(variant), variant);
    DeviceInfo info = device.vfio().info(DeviceInfo.MINIMUM_SIZE);
    assertThat(info.flags()).isEqualTo(DeviceInfo.FLAG_PCI | DeviceInfo.FLAG_RESET);
    assertThat(info.irqs()).isEqualTo(IrqIndex.COUNT);
    int memory = PciFunction.COMMAND_MEMORY;
    device.vfio().writeConfig(4, 2, device.vfio().readConfig(4, 2) & ~memory);
    assertThat(device.vfio().readConfig(4, 2) & memory).isEqualTo(0);
    device.vfio().writeConfig(4, 2, device.vfio().readConfig(4, 2) | memory);
    assertThat(device.vfio().readConfig(4, 2) & memory).isEqualTo(memory);
    device.vfio().reset();
    assertThat(device.vfio().readConfig(4, 2) & memory).isEqualTo(memory);
  }
}
