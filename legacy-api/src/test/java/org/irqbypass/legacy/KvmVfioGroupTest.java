package org.irqbypass.legacy;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.host.PostedPlatform;
import org.irqbypass.kvm.Kvm;
import org.irqbypass.kvm.KvmRules;
import org.irqbypass.kvm.x86.X86;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.trace.TraceEvent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** semantics.md 4.4, as recorded: one device per VM, its attributes, groups and references. */
final class KvmVfioGroupTest {
  private final LegacyHost host = LegacyHost.posting();
  private final int vm = host.kvm.createVm();
  private final int kvFd = host.createKv(vm);
  private final KvmVfioDevice kv = host.device(kvFd);

  private static Errno errnoOf(Executable call) {
    return assertThrows(ErrnoException.class, call).errno();
  }

  private void set(int attribute, ByteBuffer payload) {
    kv.setAttr(KvmVfioDevice.GROUP_GROUP, attribute, payload);
  }

  private void add(int fd) {
    set(KvmVfioDevice.GROUP_ADD, LegacyHost.descriptorPayload(fd));
  }

  private void delete(int fd) {
    set(KvmVfioDevice.GROUP_DEL, LegacyHost.descriptorPayload(fd));
  }

  @Test
  void aVmHasOneUntilItIsClosed() {
    assertThat(host.kvm.vm(vm).createDevice(KvmVfioDevice.TYPE, 1)).isEqualTo(0);
    assertThat(errnoOf(() -> host.createKv(vm))).isEqualTo(Errno.EBUSY);
    int other = host.kvm.createVm();
    host.createKv(other);
    host.descriptors.close(kvFd);
    host.createKv(vm);
  }

  @Test
  void theTypeIsInstalledOnce() {
    assertThat(errnoOf(() -> LegacyApi.install(host.kvm, host.vfio))).isEqualTo(Errno.EEXIST);
    assertThat(host.api.vfio()).isSameInstanceAs(host.vfio);
    assertThrows(
        IllegalArgumentException.class,
        () -> LegacyApi.install(host.kvm, LegacyHost.posting().vfio));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 3, 4, 0xffff_ffffL, 0x1_0000_0001L, -1})
  void unknownGroupAttributesAreUnknown(long attribute) {
    assertThat(errnoOf(() -> kv.hasAttr(1, attribute))).isEqualTo(Errno.ENXIO);
    assertThat(errnoOf(() -> kv.setAttr(1, attribute, null))).isEqualTo(Errno.ENXIO);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, -1})
  void unknownGroupsAreUnknown(int group) {
    for (long attribute = 0; attribute < 5; attribute++) {
      long asked = attribute;
      assertThat(errnoOf(() -> kv.hasAttr(group, asked))).isEqualTo(Errno.ENXIO);
      assertThat(errnoOf(() -> kv.setAttr(group, asked, LegacyHost.descriptorPayload(-1))))
          .isEqualTo(Errno.ENXIO);
    }
  }

  @Test
  void groupAttributesExistAndNothingCanBeRead() {
    kv.hasAttr(1, 1);
    kv.hasAttr(1, 2);
    assertThat(errnoOf(() -> kv.getAttr(1, 1, ByteBuffer.allocate(4)))).isEqualTo(Errno.EPERM);
    assertThat(errnoOf(() -> kv.getAttr(2, 1, null))).isEqualTo(Errno.EPERM);
  }

  @Test
  void aPayloadThatCannotBeReadIsAFault() {
    assertThat(errnoOf(() -> kv.setAttr(1, KvmVfioDevice.GROUP_ADD, null))).isEqualTo(Errno.EFAULT);
    assertThat(errnoOf(() -> set(KvmVfioDevice.GROUP_DEL, ByteBuffer.allocate(3))))
        .isEqualTo(Errno.EFAULT);
  }

  @Test
  void onlyAGroupCanBeAdded() {
    int device = host.openNic();
    int notOpen = 99;
    for (int fd : new int[] {-1, -2, notOpen}) {
      host.assertRefused(Errno.EBADF, kv, () -> add(fd));
      host.assertRefused(Errno.EBADF, kv, () -> delete(fd));
    }
    for (int fd :
        new int[] {host.otherFile(), host.eventfd(), host.vfio.openContainer(), device, vm, kvFd}) {
      host.assertRefused(Errno.EINVAL, kv, () -> add(fd));
      host.assertRefused(Errno.ENOENT, kv, () -> delete(fd));
    }
  }

  @Test
  void aGroupIsAddedOnceAndDeletedOnce() {
    int nic = host.openGroup(host.nicGroup);
    int uart = host.openGroup(host.uartGroup);
    host.assertRefused(Errno.ENOENT, kv, () -> delete(nic));
    add(nic);
    assertThat(kv.groups()).containsExactly(host.nicGroup);
    host.assertRefused(Errno.EEXIST, kv, () -> add(nic));
    host.assertRefused(Errno.ENOENT, kv, () -> delete(uart));
    add(uart);
    delete(nic);
    host.assertRefused(Errno.ENOENT, kv, () -> delete(nic));
    add(nic);

    assertThat(kv.groups()).containsExactly(host.uartGroup, host.nicGroup).inOrder();
  }

  @Test
  void twoVmsMayKnowOneGroup() {
    int nic = host.openGroup(host.nicGroup);
    KvmVfioDevice other = host.device(host.createKv(host.kvm.createVm()));
    add(nic);
    other.addGroup(nic);
    delete(nic);

    assertThat(kv.groups()).isEmpty();
    assertThat(other.groups()).containsExactly(host.nicGroup);
  }

  @Test
  void anAddedGroupStaysOpenUntilItIsForgotten() {
    int nic = host.openGroup(host.nicGroup);
    add(nic);
    host.descriptors.close(nic);
    assertThat(host.nicGroup.isOpen()).isTrue();
    assertThat(errnoOf(() -> host.openGroup(host.nicGroup))).isEqualTo(Errno.EBUSY);
    host.assertRefused(Errno.EBADF, kv, () -> delete(nic));
    host.descriptors.close(kvFd);

    assertThat(host.nicGroup.isOpen()).isFalse();
    host.openGroup(host.nicGroup);
  }

  @Test
  void deletingPutsTheReference() {
    int nic = host.openGroup(host.nicGroup);
    add(nic);
    delete(nic);
    host.descriptors.close(nic);

    assertThat(host.nicGroup.isOpen()).isFalse();
  }

  @Test
  void refusalsKeepNoReference() {
    int nic = host.openGroup(host.nicGroup);
    add(nic);
    assertThat(errnoOf(() -> add(nic))).isEqualTo(Errno.EEXIST);
    int references = host.vfio.group(nic).references();

    assertThat(references).isEqualTo(2);
    int other = host.otherFile();
    assertThat(errnoOf(() -> add(other))).isEqualTo(Errno.EINVAL);
    assertThat(host.descriptors.file(other).references()).isEqualTo(1);
  }

  @Test
  void itOutlivesTheVmsDescriptor() {
    int nic = host.openGroup(host.nicGroup);
    host.descriptors.close(vm);
    kv.hasAttr(1, 1);
    add(nic);
    delete(nic);
  }

  @Test
  void addingAndDeletingAreTracepoints() {
    List<TraceEvent> told = new ArrayList<>();
    host.trace.listen((nanos, event) -> told.add(event));
    int nic = host.openGroup(host.nicGroup);
    add(nic);
    delete(nic);

    assertThat(told)
        .containsExactly(
            new LegacyEvent.GroupAdded(kv, host.nicGroup),
            new LegacyEvent.GroupDeleted(kv, host.nicGroup))
        .inOrder();
  }

  @Test
  void linuxHasNoExplicitAttributes() {
    LegacyHost linux =
        new LegacyHost(
            new PostedPlatform("x86-posted"), ConnectPolicy.OPPORTUNISTIC, LegacyRules.LINUX);
    KvmVfioDevice device = linux.device(linux.createKv(linux.kvm.createVm()));
    for (int attribute = 0; attribute < 6; attribute++) {
      int asked = attribute;
      assertThat(errnoOf(() -> device.hasAttr(2, asked))).isEqualTo(Errno.ENXIO);
      assertThat(errnoOf(() -> device.setAttr(2, asked, null))).isEqualTo(Errno.ENXIO);
    }
    assertThat(errnoOf(() -> device.forward(KvmVfioDevIrq.of(-1, 0, 0, 1)))).isEqualTo(Errno.ENXIO);
  }

  @Test
  void aDeviceThatIsClosedKnowsNoGroups() {
    add(host.openGroup(host.nicGroup));
    host.descriptors.close(kvFd);

    assertThat(kv.groups()).isEmpty();
  }

  @Test
  void theAttributesOf2015AreThereUnlessOtherRulesAreAskedFor() {
    Kvm another =
        new Kvm(new X86(), host.kvm.kernel(), KvmRules.LINUX_6_17, ConnectPolicy.OPPORTUNISTIC);
    LegacyApi api = LegacyApi.install(another, host.vfio);

    assertThat(api.rules()).isEqualTo(LegacyRules.PROPOSAL_2015);
    int device = another.vm(another.createVm()).createDevice(KvmVfioDevice.TYPE, 0);
    another.device(device).hasAttr(KvmVfioDevice.GROUP_DEVICE, KvmVfioDevice.FORWARD_IRQ);
  }
}
