package org.irqbypass.kvm;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.kvm.KvmHost.CLOSED;
import static org.irqbypass.kvm.KvmHost.assertErrno;
import static org.irqbypass.kvm.KvmHost.irr;
import static org.irqbypass.kvm.KvmHost.msi;
import static org.irqbypass.kvm.KvmHost.route;

import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.List;
import org.irqbypass.errno.Errno;
import org.irqbypass.eventfd.AnonymousFile;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.eventfd.EventfdWaiter;
import org.irqbypass.eventfd.Poll;
import org.irqbypass.registry.RegistryEvent;
import org.irqbypass.trace.TraceEvent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Signals of an irqfd, and its end: by DEASSIGN, by the eventfd's close, by the VM's close. */
class IrqfdLifeTest {
  @RegisterExtension final KvmHost host = KvmHost.remapped();
  private final Vm vm = host.vm(1);
  private final int fd = host.eventfd();

  private static boolean isOfTeardown(TraceEvent event) {
    return event instanceof KvmEvent || event instanceof RegistryEvent;
  }

  @Test
  void aMessageIsInjectedInPlace() {
    route(vm, msi(24, 0x41));
    host.assign(vm, fd, 24);
    host.context(fd).signal();
    assertThat(host.queue.queued()).isEmpty();
    assertThat(irr(vm)).containsExactly(0x41);
    assertThat(host.context(fd).count()).isEqualTo(0);
  }

  @Test
  void aPinTakesAWorkItemThatPulses() {
    for (int gsi : new int[] {9, 20}) { // of both controllers, and of the IOAPIC alone
      int pins = host.eventfd();
      host.assign(vm, pins, gsi);
      host.events.clear();
      host.context(pins).write(5);
      assertThat(host.events(KvmEvent.SetIrq.class)).isEmpty();
      host.work();
      assertThat(host.events(KvmEvent.SetIrq.class))
          .containsExactly(new KvmEvent.SetIrq(vm, gsi, 1, 0), new KvmEvent.SetIrq(vm, gsi, 0, 0))
          .inOrder();
    }
  }

  @Test
  void signalsBeforeTheWorkItemRunsAreOneInjection() {
    host.assign(vm, fd, 9);
    host.context(fd).signal();
    host.context(fd).signal();
    host.context(fd).signal();
    host.work();
    assertThat(host.events(KvmEvent.IrqfdInject.class)).hasSize(1);
  }

  @Test
  void aMessageToNobodyTakesAWorkItem() {
    Vm empty = host.vm(0);
    route(empty, msi(24, 0x41));
    host.assign(empty, fd, 24);
    host.context(fd).signal();
    assertThat(host.queue.queued()).hasSize(1);
  }

  @Test
  void aNewTableIsUsedByTheNextSignal() {
    route(vm, msi(24, 0x41));
    host.assign(vm, fd, 24);
    route(vm, msi(24, 0x52));
    host.context(fd).signal();
    assertThat(irr(vm)).containsExactly(0x52);
    route(vm);
    host.context(fd).signal();
    host.work();
    assertThat(irr(vm)).containsExactly(0x52);
  }

  @Test
  void deassignNeedsEventfdAndGsi_andNoMatchIsNoError() {
    Irqfd irqfd = host.assign(vm, fd, 24);
    vm.irqfd(IrqfdRequest.deassign(fd, 25));
    vm.irqfd(IrqfdRequest.deassign(host.eventfd(), 24));
    assertThat(irqfd.isActive()).isTrue();
    vm.irqfd(IrqfdRequest.deassign(fd, 24));
    vm.irqfd(IrqfdRequest.deassign(fd, 24));
    assertThat(irqfd.isActive()).isFalse();
    assertThat(vm.irqfds()).isEmpty();
  }

  @Test
  void deassignChecksItsDescriptorOnly() {
    int other = host.descriptors.install(new AnonymousFile());
    Vm bare = host.bareVm();
    assertErrno(Errno.EBADF, () -> bare.irqfd(IrqfdRequest.deassign(CLOSED, 24)));
    assertErrno(Errno.EINVAL, () -> bare.irqfd(IrqfdRequest.deassign(other, 24)));
    bare.irqfd(new IrqfdRequest(fd, 24, IrqfdRequest.DEASSIGN | IrqfdRequest.RESAMPLE, CLOSED));
  }

  @Test
  void deassignFlushesAnInjectionThatWaits() {
    host.assign(vm, fd, 9);
    host.context(fd).signal();
    vm.irqfd(IrqfdRequest.deassign(fd, 9));
    assertThat(host.events(KvmEvent.SetIrq.class)).hasSize(2);
    assertThat(host.queue.queued()).isEmpty();
  }

  @Test
  void nothingIsInjectedOnceDeassignHasReturned() {
    route(vm, msi(24, 0x41));
    host.assign(vm, fd, 24);
    vm.irqfd(IrqfdRequest.deassign(fd, 24));
    host.context(fd).write(3);
    host.work();
    assertThat(irr(vm)).isEmpty();
    assertThat(host.context(fd).read()).isEqualTo(3);
  }

  @Test
  void shutdownUnhooksFlushesLeavesTheResamplerThenUnregisters() {
    int resample = host.eventfd();
    vm.irqfd(IrqfdRequest.resample(fd, 10, resample));
    host.context(fd).signal();
    host.events.clear();
    vm.irqfd(IrqfdRequest.deassign(fd, 10));
    assertThat(host.eventNames(IrqfdLifeTest::isOfTeardown))
        .containsExactly(
            "IrqfdShutdown",
            "IrqfdInject",
            "SetIrq", // the flushed injection raises
            "ResamplerShutdown",
            "SetIrq", // the last irqfd of the gsi lowers
            "Entered") // irq_bypass_unregister_consumer
        .inOrder();
  }

  @Test
  void closingTheEventfdShutsDownFromTheWorkQueue() {
    Irqfd irqfd = host.assign(vm, fd, 24);
    host.events.clear();
    host.descriptors.close(fd);
    assertThat(irqfd.isActive()).isFalse();
    assertThat(host.events(KvmEvent.IrqfdShutdown.class)).isEmpty();
    host.work();
    assertThat(host.events(KvmEvent.IrqfdShutdown.class)).hasSize(1);
    assertThat(host.registry.registered()).isEqualTo(0);
  }

  @Test
  void deassignOfAnotherFlushesAShutdownThatWaits() {
    host.assign(vm, fd, 24);
    host.descriptors.close(fd);
    vm.irqfd(IrqfdRequest.deassign(host.eventfd(), 24));
    assertThat(host.events(KvmEvent.IrqfdShutdown.class)).hasSize(1);
    host.work();
    assertThat(host.events(KvmEvent.IrqfdShutdown.class)).hasSize(1);
  }

  @Test
  void closingTheResampleEventfdDoesNotEndTheIrqfd() {
    int resample = host.eventfd();
    vm.irqfd(IrqfdRequest.resample(fd, 10, resample));
    host.descriptors.close(resample);
    host.work();
    assertThat(host.irqfd(vm, fd, 10).isActive()).isTrue();
  }

  @Test
  void closingTheVmShutsAllDownInTheOrderOfBinding_thoughVcpusStayOpen() {
    int closing = host.kvm.createVm();
    Vm closed = host.kvm.vm(closing);
    closed.createIrqchip();
    int vcpu = closed.createVcpu(0);
    Irqfd first = host.assign(closed, fd, 24);
    Irqfd second = host.assign(closed, host.eventfd(), 24);
    host.descriptors.close(closing);
    assertThat(host.events(KvmEvent.IrqfdShutdown.class))
        .containsExactly(new KvmEvent.IrqfdShutdown(first), new KvmEvent.IrqfdShutdown(second))
        .inOrder();
    assertThat(host.queue.queued()).isEmpty();
    assertThat(host.kvm.vcpu(vcpu).take()).isEqualTo(-1);
    assertErrno(Errno.EBADF, () -> host.kvm.vm(closing));
  }

  @Test
  void whatIsToBeDoneAtTheVmsCloseRunsOnceBehindTheShutdowns() {
    int closing = host.kvm.createVm();
    Vm closed = host.kvm.vm(closing);
    closed.createIrqchip();
    host.assign(closed, fd, 24);
    List<Integer> left = new java.util.ArrayList<>();
    closed.whenClosed(() -> left.add(closed.irqfds().size()));
    host.descriptors.close(closing);
    assertThat(left).containsExactly(0);
    closed.whenClosed(() -> left.add(-1));
    assertThat(left).containsExactly(0, -1);
  }

  @Test
  void manyIrqfdsOfOneGsiEachInject() {
    route(vm, msi(24, 0x41), msi(25, 0x42));
    int second = host.eventfd();
    host.assign(vm, fd, 24);
    host.assign(vm, second, 24);
    vm.irqfd(IrqfdRequest.deassign(fd, 24));
    host.context(second).signal();
    assertThat(irr(vm)).containsExactly(0x41);
  }

  /** {@code EPOLLHUP} is not a signal, and not the irqfd's alone. */
  @Test
  void closingTheEventfdInjectsNothingAndIsToldToPollersToo() {
    route(vm, msi(24, 0x41));
    host.assign(vm, fd, 24);
    List<Integer> told = new ArrayList<>();
    host.context(fd)
        .addWaiter(
            new EventfdWaiter() {
              @Override
              protected boolean wake(EventfdContext from, int events) {
                told.add(events);
                return false;
              }
            },
            EventfdWaiter.Kind.SHARED);
    host.descriptors.close(fd);
    host.work();

    assertThat(irr(vm)).isEmpty();
    assertThat(told).containsExactly(Poll.HUP);
    assertThat(vm.irqfds()).isEmpty();
  }

  @Test
  void aVmThatIsClosedTakesNoIrqfd() {
    int other = host.kvm.createVm();
    Vm closed = host.kvm.vm(other);
    closed.createIrqchip();
    host.descriptors.close(other);
    assertErrno(Errno.EBADF, () -> closed.irqfd(IrqfdRequest.assign(fd, 9)));

    host.assign(vm, fd, 9); // the eventfd was not bound
  }

  /** The messages name the eventfd, the gsi and the VM. */
  @Test
  void anIrqfdIsNamedByWhatItBinds() {
    Irqfd irqfd = host.assign(vm, fd, -2);

    assertThat(irqfd.toString())
        .isEqualTo("irqfd of " + host.context(fd) + " for gsi 4294967294 of " + vm);
  }

  /** Who still holds it sees the route it had: nothing of the VM refers to it any more. */
  @Test
  void anIrqfdThatIsUnboundFollowsNoTableAndLeavesNothingBehind() {
    route(vm, msi(24, 0x41));
    List<String> before = State.of(vm);
    Irqfd irqfd = host.assign(vm, fd, 24);
    Route last = irqfd.route();
    vm.irqfd(IrqfdRequest.deassign(fd, 24));
    assertThat(State.of(vm)).isEqualTo(before);

    route(vm, msi(24, 0x52));
    assertThat(irqfd.route()).isSameInstanceAs(last);
  }

  @Test
  void theFirstIrqfdsOfTwoVmsAreTwo() {
    Irqfd first = host.assign(vm, fd, 24);
    Irqfd second = host.assign(host.vm(1), host.eventfd(), 24);
    assertThat(ImmutableSet.of(first, second)).hasSize(2);
  }
}
