package org.irqbypass.legacy;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayList;
import java.util.List;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.host.BypassMode;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.HostPlatform;
import org.irqbypass.host.PostedPlatform;
import org.irqbypass.host.Raise;
import org.irqbypass.host.VcpuAffinity;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.x86.X86Vcpu;
import org.irqbypass.registry.BypassReason;
import org.irqbypass.registry.BypassStatus.State;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.trace.TraceEvent;
import org.irqbypass.vfio.IrqIndex;
import org.irqbypass.vfio.IrqSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The table of semantics.md 7.4, row by row, on a host that posts messages. */
final class PostingRowsTest {
  private LegacyHost host = LegacyHost.posting();
  private int nic = host.openNic();
  private int vm = host.openGuest();
  private KvmVfioDevice kv = host.openKv(vm);

  private void start(LegacyHost newHost) {
    host = newHost;
    nic = host.openNic();
    vm = host.openGuest();
    kv = host.openKv(vm);
  }

  private KvmVfioDevIrq msix(int start, int... gsis) {
    return KvmVfioDevIrq.of(nic, IrqIndex.MSIX, start, gsis);
  }

  private KvmVfioDevIrq range(int start, int count) {
    return KvmVfioDevIrq.range(nic, IrqIndex.MSIX, start, count);
  }

  private void signalAll() {
    host.trigger(
        host.nic, IrqIndex.MSIX, 0, host.eventfd(), host.eventfd(), host.eventfd(), host.eventfd());
  }

  private HostIrq irq(int vector) {
    HostIrq irq = host.nic.interrupt(IrqIndex.MSIX, vector).hostIrq();
    if (irq == null) {
      throw new AssertionError("vector " + vector + " has no host interrupt");
    }
    return irq;
  }

  private int vectorOf(int vector) {
    return irq(vector).vcpuAffinity() instanceof VcpuAffinity.Posted posted ? posted.vector() : -1;
  }

  private ForwardedInterrupt only() {
    assertThat(kv.forwarded()).hasSize(1);
    return kv.forwarded().get(0);
  }

  // Row 1

  @ParameterizedTest
  @EnumSource
  void row1AHostThatCanNeitherForwardNorPostHasNoSuchAttribute(Form form) {
    start(LegacyHost.remapping());
    KvmVfioDevIrq wrongInEveryWay = KvmVfioDevIrq.range(-1, -1, -1, 0);
    host.assertRefused(Errno.ENXIO, kv, () -> form.forward(kv, wrongInEveryWay));
    host.assertRefused(Errno.ENXIO, kv, () -> form.unforward(kv, wrongInEveryWay));
    host.assertRefused(Errno.ENXIO, kv, () -> form.post(kv, wrongInEveryWay));
    host.assertRefused(Errno.ENXIO, kv, () -> form.unpost(kv, wrongInEveryWay));
    for (int attribute = 1; attribute <= 4; attribute++) {
      int asked = attribute;
      assertThat(
              assertThrows(
                      ErrnoException.class, () -> kv.hasAttr(KvmVfioDevice.GROUP_DEVICE, asked))
                  .errno())
          .isEqualTo(Errno.ENXIO);
    }
  }

  @Test
  void row1FourAttributesExistAndNoOther() {
    for (int attribute = 1; attribute <= 4; attribute++) {
      kv.hasAttr(KvmVfioDevice.GROUP_DEVICE, attribute);
    }
    for (long attribute : new long[] {0, 5, 0x1_0000_0001L, -1}) {
      host.assertRefused(
          Errno.ENXIO, kv, () -> kv.setAttr(KvmVfioDevice.GROUP_DEVICE, attribute, null));
    }
  }

  // Rows 2 and 4: only the binary form can be unreadable

  @Test
  void row2And4AnUnreadableStructureIsAFault() {
    host.assertRefused(
        Errno.EFAULT,
        kv,
        () -> kv.setAttr(KvmVfioDevice.GROUP_DEVICE, KvmVfioDevice.FORWARD_IRQ, null));
    host.assertRefused(
        Errno.EFAULT,
        kv,
        () ->
            kv.setAttr(
                KvmVfioDevice.GROUP_DEVICE,
                KvmVfioDevice.FORWARD_IRQ,
                KvmVfioDevIrq.of(-1, -1, 0, 1, 2).toBuffer().limit(24)));
  }

  // Row 3

  @ParameterizedTest
  @EnumSource
  void row3SizesComeBeforeTheDescriptor(Form form) {
    for (KvmVfioDevIrq bad :
        List.of(
            new KvmVfioDevIrq(19, -1, 0, 0, 1, ImmutableIntArray.of(1)),
            new KvmVfioDevIrq(20, -1, 0, 0, 0, ImmutableIntArray.of()),
            new KvmVfioDevIrq(24, -1, 0, -1, 1, ImmutableIntArray.of(1)))) {
      host.assertRefused(Errno.EINVAL, kv, () -> form.forward(kv, bad));
      host.assertRefused(Errno.EINVAL, kv, () -> form.unforward(kv, bad));
      host.assertRefused(Errno.EINVAL, kv, () -> form.post(kv, bad));
      host.assertRefused(Errno.EINVAL, kv, () -> form.unpost(kv, bad));
    }
    KvmVfioDevIrq noRoom = new KvmVfioDevIrq(20, -1, 0, 0, 1, ImmutableIntArray.of(1));
    host.assertRefused(Errno.EINVAL, kv, () -> form.forward(kv, noRoom));
    host.assertRefused(Errno.EBADF, kv, () -> form.unforward(kv, noRoom));
  }

  // Row 5

  @ParameterizedTest
  @EnumSource
  void row5TheDescriptorIsOfAVfioDevice(Form form) {
    for (int fd : new int[] {-1, 99}) {
      KvmVfioDevIrq irq = KvmVfioDevIrq.of(fd, 99, 99, -1);
      host.assertRefused(Errno.EBADF, kv, () -> form.forward(kv, irq));
      host.assertRefused(Errno.EBADF, kv, () -> form.unforward(kv, irq));
    }
    for (int fd : new int[] {host.nicGroupFd, vm, host.eventfd(), host.otherFile()}) {
      KvmVfioDevIrq irq = KvmVfioDevIrq.of(fd, 99, 99, -1);
      host.assertRefused(Errno.EINVAL, kv, () -> form.forward(kv, irq));
      host.assertRefused(Errno.EINVAL, kv, () -> form.unforward(kv, irq));
      assertThat(host.descriptors.file(fd).references()).isAtMost(4);
    }
  }

  // Row 6

  @ParameterizedTest
  @EnumSource
  void row6TheGroupWasAdded(Form form) {
    kv.deleteGroup(host.nicGroupFd);
    KvmVfioDevIrq irq = KvmVfioDevIrq.of(nic, 99, 99, -1);
    host.assertRefused(Errno.ENOENT, kv, () -> form.forward(kv, irq));
    host.assertRefused(Errno.ENOENT, kv, () -> form.unforward(kv, irq));
  }

  // Row 7

  @ParameterizedTest
  @EnumSource
  void row7TheDeviceHasSuchMessages(Form form) {
    int beyondRouting = 4096;
    for (KvmVfioDevIrq bad :
        List.of(
            KvmVfioDevIrq.of(nic, 5, 0, beyondRouting), // no such index
            KvmVfioDevIrq.of(nic, -1, 0, beyondRouting),
            KvmVfioDevIrq.of(nic, IrqIndex.MSIX, 4, beyondRouting), // beyond its vectors
            KvmVfioDevIrq.of(nic, IrqIndex.MSIX, 3, beyondRouting, 25),
            KvmVfioDevIrq.of(nic, IrqIndex.MSIX, -2, beyondRouting),
            KvmVfioDevIrq.of(nic, IrqIndex.MSI, 1, beyondRouting),
            KvmVfioDevIrq.of(nic, IrqIndex.INTX, 0, beyondRouting), // a posting host
            KvmVfioDevIrq.of(nic, IrqIndex.ERR, 0, beyondRouting),
            KvmVfioDevIrq.of(nic, IrqIndex.REQ, 0, beyondRouting))) {
      host.assertRefused(Errno.EINVAL, kv, () -> form.forward(kv, bad));
      host.assertRefused(Errno.EINVAL, kv, () -> form.unforward(kv, bad));
      host.assertRefused(Errno.EINVAL, kv, () -> form.post(kv, bad));
      host.assertRefused(Errno.EINVAL, kv, () -> form.unpost(kv, bad));
    }
  }

  @Test
  void row7ARangeOfBillionsIsRefusedAtOnce() {
    host.assertRefused(Errno.EINVAL, kv, () -> kv.unforward(range(0, -2)));
  }

  // Row 8

  @ParameterizedTest
  @EnumSource
  void row8TheGuestsInterruptControllerIsThere(Form form) {
    vm = host.kvm.createVm();
    kv = host.openKv(vm);
    host.assertRefused(Errno.EAGAIN, kv, () -> form.forward(kv, msix(0, 4096, 4096)));
  }

  // Row 9

  @ParameterizedTest
  @EnumSource
  void row9GuestInterruptsCanBeRoutedAndDiffer(Form form) {
    form.forward(kv, msix(3, 25));
    for (KvmVfioDevIrq bad : List.of(msix(0, 4096), msix(0, -1), msix(0, 24, 24))) {
      host.assertRefused(Errno.EINVAL, kv, () -> form.forward(kv, bad));
    }
    host.assertRefused(Errno.EINVAL, kv, () -> form.forward(kv, msix(0, 25, 4096)));
    form.forward(kv, msix(0, 4095));
  }

  // Row 10: a message that is posted already is no error

  @ParameterizedTest
  @EnumSource
  void row10PostingAgainReadsTheRouteAgain(Form form) {
    signalAll();
    host.route(vm, LegacyHost.message(24, 65));
    form.forward(kv, msix(0, 24));
    assertThat(vectorOf(0)).isEqualTo(65);
    host.route(vm, LegacyHost.message(24, 66));
    assertThat(vectorOf(0)).isEqualTo(65); // the burden of 2015
    form.forward(kv, msix(0, 24));

    assertThat(vectorOf(0)).isEqualTo(66);
    assertThat(host.registry.registered()).isEqualTo(2);
  }

  @ParameterizedTest
  @EnumSource
  void row10NamingAnotherGuestInterruptRetargets(Form form) {
    signalAll();
    host.route(vm, LegacyHost.message(24, 65), LegacyHost.message(25, 70));
    form.post(kv, msix(0, 24));
    form.post(kv, msix(0, 25));
    assertThat(vectorOf(0)).isEqualTo(70);
    assertThat(only().gsi()).isEqualTo(25);
    form.post(kv, msix(1, 24));
    assertThat(vectorOf(1)).isEqualTo(65);
  }

  // Row 11

  @ParameterizedTest
  @EnumSource
  void row11AGuestInterruptIsTakenByAnotherForwarding(Form form) {
    form.forward(kv, msix(0, 24));
    host.assertRefused(Errno.EBUSY, kv, () -> form.forward(kv, msix(1, 24)));
    host.assertRefused(Errno.EBUSY, kv, () -> form.forward(kv, msix(1, 25, 24)));
  }

  @ParameterizedTest
  @EnumSource
  void row11AnInterruptIsTakenByAnotherVm(Form form) {
    form.forward(kv, msix(0, 24));
    KvmVfioDevice other = host.openKv(host.openGuest());
    host.assertRefused(Errno.EBUSY, other, () -> form.forward(other, msix(0, 30)));
    host.assertRefused(Errno.ENOENT, other, () -> form.unforward(other, range(0, 1)));
    form.forward(other, msix(1, 24)); // another VM's gsi 24
  }

  @ParameterizedTest
  @EnumSource
  void row11AnInterruptIsBypassedAutomatically(Form form) {
    start(LegacyHost.posting(ConnectPolicy.OPPORTUNISTIC));
    int eventfd = host.eventfd();
    host.trigger(host.nic, IrqIndex.MSIX, 0, eventfd);
    host.route(vm, LegacyHost.message(24, 65));
    host.bind(vm, eventfd, 24);
    assertThat(vectorOf(0)).isEqualTo(65);

    host.assertRefused(Errno.EBUSY, kv, () -> form.forward(kv, msix(0, 30)));
    host.assertRefused(Errno.EBUSY, kv, () -> form.forward(kv, msix(1, 24)));
    form.forward(kv, msix(1, 30));
  }

  @Test
  void row11WhoPairsSecondAutomaticallyIsRefusedAndTheCallSucceeds() {
    start(LegacyHost.posting(ConnectPolicy.OPPORTUNISTIC));
    int eventfd = host.eventfd();
    host.trigger(host.nic, IrqIndex.MSIX, 0, eventfd);
    host.route(vm, LegacyHost.message(24, 65), LegacyHost.message(25, 66));
    kv.forward(msix(0, 24));
    host.bind(vm, eventfd, 25);

    assertThat(vectorOf(0)).isEqualTo(65);
    assertThat(host.nic.interrupt(IrqIndex.MSIX, 0).status().errno()).isEqualTo(Errno.EBUSY);
  }

  // Row 13

  @ParameterizedTest
  @EnumSource
  void row13AMessageWithoutAPostableRouteStaysRemapped(Form form) {
    signalAll();
    form.forward(kv, msix(0, 24));
    assertThat(vectorOf(0)).isEqualTo(-1);
    assertThat(only().status().state()).isEqualTo(State.CONNECTED);
    assertThat(only().status().reason()).isEqualTo(BypassReason.ROUTE_MISSING);
    host.route(vm, RoutingEntry.msi(24, 0xfee00000L, 0x400 | 65)); // NMI
    form.forward(kv, msix(0, 24));
    assertThat(only().status().reason()).isEqualTo(BypassReason.DELIVERY_MODE);
    host.route(vm, LegacyHost.message(24, 65));
    assertThat(vectorOf(0)).isEqualTo(-1); // until userspace calls again
    form.forward(kv, msix(0, 24));

    assertThat(vectorOf(0)).isEqualTo(65);
    assertThat(only().status().isBypassed()).isTrue();
  }

  // Row U

  @ParameterizedTest
  @EnumSource
  void rowUWhatIsNotForwardedCannotBeUnforwarded(Form form) {
    form.forward(kv, msix(0, 24, 25));
    host.assertRefused(Errno.ENOENT, kv, () -> form.unforward(kv, range(2, 1)));
    host.assertRefused(Errno.ENOENT, kv, () -> form.unforward(kv, range(0, 3)));
    host.assertRefused(Errno.ENOENT, kv, () -> form.unpost(kv, range(1, 2)));
    form.unforward(kv, range(1, 1));
    form.unpost(kv, range(0, 1));

    assertThat(kv.forwarded()).isEmpty();
    host.assertNothingRegistered();
  }

  // What a forwarding does

  @Test
  void anInterruptIsPostedPastTheHandlerAndTakenBack() {
    signalAll();
    host.route(vm, LegacyHost.message(24, 65));
    kv.forward(msix(0, 24));
    X86Vcpu vcpu = (X86Vcpu) host.kvm.vm(vm).vcpuById(0);
    assertThat(host.nicFunction.raiseMsix(0)).isEqualTo(Raise.POSTED);
    assertThat(vcpu.take()).isEqualTo(65);
    kv.unforward(range(0, 1));

    assertThat(host.nicFunction.raiseMsix(0)).isEqualTo(Raise.HANDLED);
  }

  @Test
  void itMayComeBeforeSignallingAndFollowsTheHostInterrupt() {
    host.route(vm, LegacyHost.message(24, 65));
    kv.forward(msix(0, 24));
    assertThat(only().status().reason()).isEqualTo(BypassReason.NO_PEER);
    signalAll();
    assertThat(vectorOf(0)).isEqualTo(65);
    host.nic.setIrqs(IrqSet.disable(IrqIndex.MSIX));
    assertThat(only().status().reason()).isEqualTo(BypassReason.NO_PEER);
    assertThat(host.registry.registered()).isEqualTo(1);
    signalAll();

    assertThat(vectorOf(0)).isEqualTo(65);
  }

  @Test
  void deletingTheGroupEndsNoForwarding() {
    kv.forward(msix(0, 24));
    kv.deleteGroup(host.nicGroupFd);
    assertThat(kv.forwarded()).hasSize(1);
    kv.addGroup(host.nicGroupFd);
    kv.unforward(range(0, 1));
  }

  @Test
  void eachChangeIsATracepoint() {
    kv.forward(msix(0, 24));
    List<TraceEvent> told = new ArrayList<>();
    host.trace.listen(
        (nanos, event) -> {
          if (event instanceof LegacyEvent) {
            told.add(event);
          }
        });
    kv.forward(msix(0, 25, 26));
    kv.unforward(range(0, 1));
    var first = host.nic.interrupt(IrqIndex.MSIX, 0);
    var second = host.nic.interrupt(IrqIndex.MSIX, 1);

    assertThat(told)
        .containsExactly(
            new LegacyEvent.Reprogrammed(kv, first, 25),
            new LegacyEvent.Forwarded(kv, second, 26),
            new LegacyEvent.Unforwarded(kv, first, 25))
        .inOrder();
  }

  // All or nothing

  /** An IOMMU that refuses one interrupt, when it is told to. */
  private static final class FaultyPlatform implements HostPlatform {
    private final PostedPlatform hardware = new PostedPlatform("x86-posted");
    private @Nullable HostIrq refused;

    @Override
    public String name() {
      return hardware.name();
    }

    @Override
    public BypassMode bypass() {
      return hardware.bypass();
    }

    @Override
    public void setVcpuAffinity(HostIrq irq, @Nullable VcpuAffinity affinity) {
      if (affinity != null && irq == refused) {
        throw new ErrnoException(Errno.EIO, "the IOMMU is broken for " + irq);
      }
      hardware.setVcpuAffinity(irq, affinity);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aFailureWithinARangeUndoesWhatWasDone(Form form) {
    FaultyPlatform iommu = new FaultyPlatform();
    start(new LegacyHost(iommu, ConnectPolicy.DISABLED, LegacyRules.PROPOSAL_2015));
    signalAll();
    host.route(
        vm,
        LegacyHost.message(24, 65),
        LegacyHost.message(25, 66),
        LegacyHost.message(26, 67),
        LegacyHost.message(27, 68));
    form.forward(kv, msix(0, 24));
    // The route is newer than what is programmed, and must not come in by way of the undoing.
    host.route(vm, LegacyHost.message(24, 80), LegacyHost.message(26, 67));
    iommu.refused = irq(2);

    host.assertRefused(Errno.EIO, kv, () -> form.forward(kv, msix(0, 27, 25, 26)));
    assertThat(vectorOf(0)).isEqualTo(65);
    assertThat(vectorOf(1)).isEqualTo(-1);
    iommu.refused = null;
    form.forward(kv, msix(0, 24, 25, 26));
    assertThat(vectorOf(0)).isEqualTo(80);
    assertThat(vectorOf(2)).isEqualTo(67);
  }

  @ParameterizedTest
  @EnumSource
  void aFailedReprogrammingRestoresWhatWasProgrammed(Form form) {
    FaultyPlatform iommu = new FaultyPlatform();
    start(new LegacyHost(iommu, ConnectPolicy.DISABLED, LegacyRules.PROPOSAL_2015));
    signalAll();
    host.route(vm, LegacyHost.message(24, 65), LegacyHost.message(25, 66));
    form.forward(kv, msix(0, 24, 25));
    host.route(vm, LegacyHost.message(24, 70), LegacyHost.message(25, 71));
    iommu.refused = irq(1);
    assertThat(assertThrows(ErrnoException.class, () -> form.forward(kv, msix(0, 24, 25))).errno())
        .isEqualTo(Errno.EIO);

    assertThat(vectorOf(0)).isEqualTo(65);
    assertThat(kv.forwarded()).hasSize(2);
    assertThat(host.registry.connected()).isEqualTo(2);
  }

  /** A forwarding that waits for its host interrupt is another pairing too. */
  @ParameterizedTest
  @EnumSource
  void row11AnInterruptIsTakenByAForwardingThatWaits(Form form) {
    form.forward(kv, msix(0, 24));
    assertThat(only().status().isBypassed()).isFalse();
    KvmVfioDevice other = host.openKv(host.openGuest());

    host.assertRefused(Errno.EBUSY, other, () -> form.forward(other, msix(0, 24)));
  }

  @Test
  void aRefusalNamesTheRequestTheDeviceAndTheVm() {
    KvmVfioDevIrq beyond = msix(3, 24, 25);
    ErrnoException range = assertThrows(ErrnoException.class, () -> kv.forward(beyond));
    assertThat(range).hasMessageThat().contains("start 3, count 2, gsis [24, 25]");
    assertThat(range).hasMessageThat().contains("beyond the 4 interrupts");
    kv.deleteGroup(host.nicGroupFd);
    ErrnoException group = assertThrows(ErrnoException.class, () -> kv.forward(msix(0, 24)));

    assertThat(group).hasMessageThat().contains("the KVM-VFIO device of " + kv.vm());
  }

  /** What a state's fingerprint leaves out, an explorer takes for the same state. */
  @Test
  void theFingerprintTellsTheGroupsAndTheForwardings() {
    List<String> states = new ArrayList<>();
    Runnable note = () -> states.add(LegacyHost.fingerprint(kv).toString());
    note.run();
    kv.forward(msix(0, 24));
    note.run();
    kv.forward(msix(1, 25));
    note.run();
    kv.forward(msix(1, 26));
    note.run();
    kv.addGroup(host.openGroup(host.uartGroup));
    note.run();
    kv.deleteGroup(host.nicGroupFd);
    note.run();

    assertThat(states).containsNoDuplicates();
  }
}
