package org.irqbypass.kvm;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.kvm.KvmHost.assertErrno;
import static org.irqbypass.kvm.KvmHost.irr;
import static org.irqbypass.kvm.KvmHost.msi;
import static org.irqbypass.kvm.KvmHost.route;

import org.irqbypass.errno.Errno;
import org.irqbypass.registry.BypassReason;
import org.irqbypass.registry.BypassRefusal;
import org.irqbypass.registry.BypassStatus;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.registry.RegistryEvent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a failed connect does to KVM_IRQFD (semantics 14.2, and 4.1 row 8). */
class ConnectPolicyTest {
  private static final IrqfdRequest NONE = IrqfdRequest.assign(-1, 24);

  @RegisterExtension final KvmHost host = new KvmHost();
  private final Vm vm = host.vm(1);
  private final int fd = host.eventfd(3);
  private final IrqfdRequest request = IrqfdRequest.assign(fd, 24);

  private void refuseProducer(ConnectPolicy policy, Errno errno) {
    KvmHost.Producer producer = host.producer(policy);
    producer.onAdd =
        () -> {
          throw new BypassRefusal(errno, BypassReason.IRQ_ACTIVE, "in flight");
        };
    host.registry.register(producer, host.context(fd));
  }

  @Test
  void opportunistic_aFailureIsAnEventAndTheIrqfdWorks() {
    route(vm, msi(24, 0x41));
    refuseProducer(ConnectPolicy.OPPORTUNISTIC, Errno.EAGAIN);
    vm.irqfd(request, ConnectPolicy.OPPORTUNISTIC);
    assertThat(host.events(RegistryEvent.Refused.class)).hasSize(1);
    BypassStatus status = host.irqfd(vm, fd, 24).status();
    assertThat(status.state()).isEqualTo(BypassStatus.State.UNREGISTERED);
    assertThat(status.reason()).isEqualTo(BypassReason.IRQ_ACTIVE);
    assertThat(status.errno()).isEqualTo(Errno.EAGAIN);
    host.work();
    assertThat(irr(vm)).containsExactly(0x41);
  }

  @Test
  void required_theCallFailsWithTheErrnoAndNothingHasChanged() {
    route(vm, msi(24, 0x41));
    refuseProducer(ConnectPolicy.OPPORTUNISTIC, Errno.EAGAIN);
    long before = host.registry.registered();
    assertErrno(Errno.EAGAIN, () -> vm.irqfd(request, ConnectPolicy.REQUIRED));
    assertThat(vm.irqfds()).isEmpty();
    assertThat(host.registry.registered()).isEqualTo(before);
    host.work();
    assertThat(irr(vm)).isEmpty();
    assertThat(host.context(fd).read()).isEqualTo(3);
    host.context(fd).write(2);
    assertThat(host.context(fd).read()).isEqualTo(2);
  }

  @Test
  void required_byTheProducersSideIsEnough() {
    refuseProducer(ConnectPolicy.REQUIRED, Errno.EBUSY);
    assertErrno(Errno.EBUSY, () -> vm.irqfd(request, ConnectPolicy.OPPORTUNISTIC));
    assertThat(vm.irqfds()).isEmpty();
  }

  @Test
  void required_aResamplerIsLeftAgain() {
    refuseProducer(ConnectPolicy.OPPORTUNISTIC, Errno.EAGAIN);
    assertErrno(
        Errno.EAGAIN,
        () -> vm.irqfd(IrqfdRequest.resample(fd, 10, host.eventfd()), ConnectPolicy.REQUIRED));
    assertThat(vm.hasAckNotifier(2, 10)).isFalse();
  }

  @Test
  void required_withoutAPeerSucceeds_andMakesAProducersConnectItsOwn() {
    vm.irqfd(request, ConnectPolicy.REQUIRED);
    assertThat(host.irqfd(vm, fd, 24).status().reason()).isEqualTo(BypassReason.NO_PEER);
  }

  @Test
  void required_aTokenThatIsTakenFailsTheCall() {
    KvmHost old =
        new KvmHost(
            new org.irqbypass.host.PostedPlatform("x86-posted"),
            KvmRules.LINUX_6_1,
            ConnectPolicy.OPPORTUNISTIC);
    int shared = old.eventfd();
    old.assign(old.vm(1), shared, 24);
    Vm second = old.vm(1);
    assertErrno(
        Errno.EBUSY, () -> second.irqfd(IrqfdRequest.assign(shared, 24), ConnectPolicy.REQUIRED));
    second.irqfd(IrqfdRequest.assign(shared, 24));
    assertThat(old.irqfd(second, shared, 24).status().reason())
        .isEqualTo(BypassReason.DUPLICATE_TOKEN);
  }

  @Test
  void whatWasSignalledBeforeReachesTheGuestBeforeTheTwoAreConnected() {
    route(vm, msi(24, 0x41));
    host.produce(fd);
    vm.irqfd(request, ConnectPolicy.OPPORTUNISTIC);
    assertThat(
            host.eventNames(
                event ->
                    event instanceof KvmEvent.IrqfdInject
                        || event instanceof RegistryEvent.Entered
                        || event instanceof RegistryEvent.Connected))
        .containsExactly("Entered", "Entered", "IrqfdInject", "Connected")
        .inOrder();
    assertThat(irr(vm)).containsExactly(0x41);
    assertThat(host.context(fd).count()).isEqualTo(3);
  }

  @Test
  void disabled_noConsumerIsRegistered() {
    vm.irqfd(request, ConnectPolicy.DISABLED);
    assertThat(host.registry.registered()).isEqualTo(0);
    assertThat(host.irqfd(vm, fd, 24).status().reason()).isEqualTo(BypassReason.SWITCHED_OFF);
    vm.irqfd(IrqfdRequest.deassign(fd, 24));
    assertThat(host.registry.registered()).isEqualTo(0);
  }

  @Test
  void theHostsPolicyIsThatOfRequestsThatNameNone() {
    KvmHost strict = KvmHost.with(ConnectPolicy.DISABLED);
    assertThat(strict.kvm.policy()).isEqualTo(ConnectPolicy.DISABLED);
    int disabled = strict.eventfd();
    Irqfd irqfd = strict.assign(strict.vm(1), disabled, NONE.gsi());
    assertThat(irqfd.status().reason()).isEqualTo(BypassReason.SWITCHED_OFF);
  }

  @Test
  void retry_aRefusalWithEagainKeepsTheConsumerAndIsTriedAgain() {
    KvmHost.Producer producer = host.producer(ConnectPolicy.RETRY);
    boolean[] active = {true};
    producer.onAdd =
        () -> {
          if (active[0]) {
            throw new BypassRefusal(Errno.EAGAIN, BypassReason.IRQ_ACTIVE, "in flight");
          }
        };
    route(vm, msi(24, 0x41));
    host.registry.register(producer, host.context(fd));
    vm.irqfd(request, ConnectPolicy.RETRY);
    Irqfd irqfd = host.irqfd(vm, fd, 24);
    assertThat(irqfd.status().state()).isEqualTo(BypassStatus.State.WAITING);
    assertThat(irqfd.status().reason()).isEqualTo(BypassReason.IRQ_ACTIVE);
    active[0] = false;
    host.registry.retry(producer);
    host.work();
    assertThat(irqfd.status().isBypassed()).isTrue();
  }

  @Test
  void where617RegistersConsumersOnlyOnHardwareThatPosts_theReasonIsTheHardware() {
    KvmRules rules = new KvmRules(true, false, false, false, true, VirtualLpiRules.LINUX_6_17);
    KvmHost remapped = KvmHost.with(rules);
    Irqfd irqfd = remapped.assign(remapped.vm(1), remapped.eventfd(), 24);
    assertThat(remapped.registry.registered()).isEqualTo(0);
    assertThat(irqfd.status().reason()).isEqualTo(BypassReason.HARDWARE_CANNOT);
  }

  @Test
  void required_whatIsSignalledAfterTheConnectReachesTheGuest() {
    route(vm, msi(24, 0x41));
    host.context(fd).read();
    host.produce(fd);
    vm.irqfd(request, ConnectPolicy.REQUIRED);
    host.context(fd).signal();
    host.work();

    assertThat(irr(vm)).containsExactly(0x41);
    assertThat(host.context(fd).count()).isEqualTo(0);
  }

  /** Nothing has changed: the eventfd waits for another irqfd, with what it has counted. */
  @Test
  void required_whoWasRefusedCanBeAssignedWithout() {
    route(vm, msi(24, 0x41));
    refuseProducer(ConnectPolicy.REQUIRED, Errno.EIO);
    assertErrno(Errno.EIO, () -> vm.irqfd(request, ConnectPolicy.OPPORTUNISTIC));
    host.work();
    assertThat(irr(vm)).isEmpty();
    assertThat(host.context(fd).count()).isEqualTo(3);
    assertThat(host.context(fd).hasPriorityWaiter()).isFalse();
    vm.irqfd(request, ConnectPolicy.DISABLED);
    host.work();

    assertThat(irr(vm)).containsExactly(0x41);
  }

  /** As Linux's function returns: what a tracer of the kernel sees. */
  @Test
  void whatTheGuestsSideAnswersIsATracepoint() {
    route(vm, msi(24, 0x41));
    host.produce(fd);
    vm.irqfd(request, ConnectPolicy.OPPORTUNISTIC);
    Irqfd irqfd = host.irqfd(vm, fd, 24);

    assertThat(host.events(KvmEvent.BypassAddProducer.class)).hasSize(1);
    assertThat(host.events(KvmEvent.BypassAddProducerReturned.class))
        .containsExactly(new KvmEvent.BypassAddProducerReturned(irqfd.consumer(), 0));
  }
}
