package org.irqbypass.kvm;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.kvm.KvmHost.CLOSED;
import static org.irqbypass.kvm.KvmHost.assertErrno;
import static org.irqbypass.kvm.KvmHost.irr;
import static org.irqbypass.kvm.KvmHost.msi;
import static org.irqbypass.kvm.KvmHost.route;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.irqbypass.errno.Errno;
import org.irqbypass.eventfd.AnonymousFile;
import org.irqbypass.eventfd.Poll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The checks of KVM_IRQFD, row by row (semantics 4.1), and what binding does to the eventfd. */
class IrqfdAssignTest {
  @RegisterExtension final KvmHost host = KvmHost.remapped();
  private final Vm vm = host.vm(1);

  @Test
  void row0_aStructThatEndsEarlyIsUnreadable() {
    assertErrno(Errno.EFAULT, () -> vm.irqfd(ByteBuffer.allocate(31)));
  }

  @Test
  void row0_theBinaryFormIsFdGsiFlagsResamplefd() {
    int trigger = host.eventfd();
    int resample = host.eventfd();
    ByteBuffer struct = ByteBuffer.allocate(40).order(ByteOrder.nativeOrder()).position(8).slice();
    struct.order(ByteOrder.nativeOrder());
    struct.putInt(0, trigger).putInt(4, 10).putInt(8, IrqfdRequest.RESAMPLE).putInt(12, resample);
    vm.irqfd(struct);
    Irqfd irqfd = host.irqfd(vm, trigger, 10);
    assertThat(irqfd.resampleEventfd()).isSameInstanceAs(host.context(resample));
    assertThat(struct.position()).isEqualTo(0);
  }

  @Test
  void row1_unknownFlagsAreRefusedBeforeAnythingElseIsLookedAt() {
    Vm bare = host.bareVm();
    for (int flags : new int[] {4, 8, 0x80000000, 7}) {
      assertErrno(Errno.EINVAL, () -> bare.irqfd(new IrqfdRequest(CLOSED, 24, flags, CLOSED)));
    }
  }

  @Test
  void row3_withoutInKernelApicAnIrqfdIsRefusedBeforeItsDescriptorIsLookedAt() {
    Vm bare = host.bareVm();
    assertErrno(Errno.EINVAL, () -> bare.irqfd(IrqfdRequest.assign(CLOSED, 24)));
  }

  @Test
  void row3_aSplitIrqchipCannotResample() {
    Vm split = host.splitVm(1);
    int fd = host.eventfd();
    assertErrno(Errno.EINVAL, () -> split.irqfd(IrqfdRequest.resample(fd, 10, host.eventfd())));
    split.irqfd(IrqfdRequest.assign(fd, 10));
  }

  @Test
  void row5_theDescriptorMustBeOpenAndAnEventfd() {
    int other = host.descriptors.install(new AnonymousFile());
    assertErrno(Errno.EBADF, () -> vm.irqfd(IrqfdRequest.assign(CLOSED, 24)));
    assertErrno(Errno.EBADF, () -> vm.irqfd(IrqfdRequest.assign(-1, 24)));
    assertErrno(Errno.EINVAL, () -> vm.irqfd(IrqfdRequest.assign(other, 24)));
  }

  @Test
  void row5_comesBeforeRow6() {
    int other = host.descriptors.install(new AnonymousFile());
    assertErrno(Errno.EINVAL, () -> vm.irqfd(IrqfdRequest.resample(other, 24, CLOSED)));
  }

  @Test
  void row6_theResampleDescriptorMustBeOpenAndAnEventfd() {
    int other = host.descriptors.install(new AnonymousFile());
    int fd = host.eventfd();
    assertErrno(Errno.EBADF, () -> vm.irqfd(IrqfdRequest.resample(fd, 24, CLOSED)));
    assertErrno(Errno.EINVAL, () -> vm.irqfd(IrqfdRequest.resample(fd, 24, other)));
    assertThat(vm.irqfds()).isEmpty();
  }

  @Test
  void row7_anEventfdIsBoundOnceInAVm_whateverTheGsi() {
    int fd = host.eventfd();
    host.assign(vm, fd, 24);
    assertErrno(Errno.EBUSY, () -> vm.irqfd(IrqfdRequest.assign(fd, 24)));
    assertErrno(Errno.EBUSY, () -> vm.irqfd(IrqfdRequest.assign(fd, 25)));
  }

  @Test
  void row7_anEventfdIsBoundOnceOnAHost_since617() {
    int fd = host.eventfd();
    host.assign(vm, fd, 24);
    Vm second = host.vm(1);
    assertErrno(Errno.EBUSY, () -> second.irqfd(IrqfdRequest.assign(fd, 24)));
    vm.irqfd(IrqfdRequest.deassign(fd, 24));
    host.assign(second, fd, 24);
  }

  @Test
  void row7_beforeThatASecondVmIsBoundAndGetsNothing() {
    KvmHost old = KvmHost.with(KvmRules.LINUX_6_1);
    Vm first = old.vm(1);
    Vm second = old.vm(1);
    route(first, msi(24, 0x41));
    route(second, msi(24, 0x42));
    int fd = old.eventfd();
    old.assign(first, fd, 24);
    old.assign(second, fd, 24);
    old.context(fd).write(1);
    assertThat(irr(first)).containsExactly(0x41);
    assertThat(irr(second)).isEmpty();
  }

  @Test
  void row7_beforeThatItWasOnceInAVmToo_alsoWhereAnotherVmsComesFirst() {
    KvmHost old = KvmHost.with(KvmRules.LINUX_6_1);
    Vm first = old.vm(1);
    Vm second = old.vm(1);
    int fd = old.eventfd();
    old.assign(first, fd, 24);
    old.assign(second, fd, 24);
    for (Vm each : List.of(first, second)) {
      assertErrno(Errno.EBUSY, () -> each.irqfd(IrqfdRequest.assign(fd, 24)));
      assertErrno(Errno.EBUSY, () -> each.irqfd(IrqfdRequest.assign(fd, 25)));
      assertThat(each.irqfds()).hasSize(1);
    }
  }

  @Test
  void row7_aBusyResamplerIsTakenDownAgain() {
    int fd = host.eventfd();
    host.assign(vm, fd, 24);
    host.events.clear();
    assertErrno(Errno.EBUSY, () -> vm.irqfd(IrqfdRequest.resample(fd, 11, host.eventfd())));
    assertThat(host.eventNames(e -> e instanceof KvmEvent))
        .containsExactly("ResamplerShutdown", "SetIrq")
        .inOrder();
    assertThat(host.events(KvmEvent.SetIrq.class).get(0))
        .isEqualTo(new KvmEvent.SetIrq(vm, 11, 0, Vm.RESAMPLER_SOURCE));
  }

  @Test
  void theGsiIsNotChecked() {
    for (int gsi : new int[] {4096, Integer.MAX_VALUE, -1}) {
      int fd = host.eventfd();
      host.assign(vm, fd, gsi);
      host.context(fd).write(1);
      host.work();
      assertThat(host.context(fd).count()).isEqualTo(0);
    }
    assertThat(irr(vm)).isEmpty();
  }

  @Test
  void aCountThatWasThereInjectsOnceAndStays() {
    route(vm, msi(24, 0x41));
    int fd = host.eventfd(7);
    host.assign(vm, fd, 24);
    host.work();
    assertThat(irr(vm)).containsExactly(0x41);
    assertThat(host.context(fd).read()).isEqualTo(7);
  }

  @Test
  void aBoundEventfdShowsItsPollersNothing() {
    route(vm, msi(24, 0x41));
    int fd = host.eventfd();
    host.assign(vm, fd, 24);
    host.context(fd).write(1);
    assertThat(host.context(fd).poll() & Poll.IN).isEqualTo(0);
  }

  @Test
  void aClosedVmBindsNothing() {
    int closing = host.kvm.createVm();
    Vm closed = host.kvm.vm(closing);
    closed.createIrqchip();
    host.descriptors.close(closing);
    assertErrno(Errno.EBADF, () -> closed.irqfd(IrqfdRequest.assign(host.eventfd(), 24)));
  }
}
