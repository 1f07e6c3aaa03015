package org.irqbypass.kvm;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.kvm.KvmHost.assertErrno;
import static org.irqbypass.kvm.KvmHost.msi;
import static org.irqbypass.kvm.KvmHost.route;
import static org.irqbypass.kvm.KvmHost.vcpu;

import java.util.List;
import org.irqbypass.errno.Errno;
import org.irqbypass.host.VcpuAffinity;
import org.irqbypass.registry.BypassReason;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.registry.PrivateToken;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The consumer of the explicit interface (semantics 7.4): follows userspace, not the routes. */
class ExplicitForwardingTest {
  @RegisterExtension final KvmHost host = new KvmHost();
  private final Vm vm = host.vm(2);
  private final PrivateToken token = new PrivateToken("forwarding");
  private final KvmHost.Producer producer = host.producer(ConnectPolicy.OPPORTUNISTIC);

  private void assertPosted(int vcpu, int vector) {
    assertThat(producer.irq().vcpuAffinity())
        .isEqualTo(new VcpuAffinity.Posted(vcpu(vm, vcpu).posted(), vector));
  }

  private ExplicitForwarding forward(int gsi) {
    ExplicitForwarding forwarding = vm.forwarding(gsi);
    host.registry.register(forwarding, token);
    return forwarding;
  }

  @Test
  void postsByTheRouteOfTheMomentItWasMade() {
    route(vm, msi(24, 0x41));
    ExplicitForwarding forwarding = forward(24);
    route(vm, msi(24, 0x52));
    host.registry.register(producer, token);
    assertPosted(0, 0x41);
    assertThat(forwarding.status().isBypassed()).isTrue();
  }

  @Test
  void aNewRouteReachesTheHardwareWhenUserspaceSaysSo() {
    host.registry.register(producer, token);
    route(vm, msi(24, 0x41));
    ExplicitForwarding forwarding = forward(24);
    route(vm, msi(24, 1, 0x52));
    assertPosted(0, 0x41);
    forwarding.reprogram();
    assertPosted(1, 0x52);
  }

  @Test
  void row13_aRouteThatCannotBePostedKeepsThePairAndIsRetriedOnlyOnRequest() {
    host.registry.register(producer, token);
    ExplicitForwarding forwarding = forward(24);
    assertThat(forwarding.status().reason()).isEqualTo(BypassReason.ROUTE_MISSING);
    route(vm, msi(24, 0x41));
    assertThat(producer.irq().isPosted()).isFalse();
    forwarding.reprogram();
    assertPosted(0, 0x41);
  }

  @Test
  void anotherGsiRetargets() {
    host.registry.register(producer, token);
    route(vm, msi(24, 0x41), msi(25, 0x42));
    ExplicitForwarding forwarding = forward(24);
    forwarding.reprogram(25);
    assertPosted(0, 0x42);
    assertThat(vm.isBypassed(24, null)).isFalse();
    assertThat(vm.isBypassed(25, null)).isTrue();
  }

  @Test
  void row11_aGsiIsBypassedOnce_byEitherWay() {
    route(vm, msi(24, 0x41), msi(25, 0x42));
    ExplicitForwarding forwarding = forward(24);
    assertThat(vm.isBypassed(24, null)).isTrue();
    assertThat(vm.isBypassed(24, forwarding)).isFalse();
    int fd = host.eventfd();
    host.assign(vm, fd, 25);
    assertThat(vm.isBypassed(25, null)).isFalse();
    host.produce(fd);
    assertThat(vm.isBypassed(25, null)).isTrue();
  }

  @Test
  void unregisteredAndClosedItBypassesNothing() {
    host.registry.register(producer, token);
    route(vm, msi(24, 0x41));
    ExplicitForwarding forwarding = forward(24);
    host.registry.unregister(forwarding);
    forwarding.close();
    assertThat(producer.irq().isPosted()).isFalse();
    assertThat(vm.isBypassed(24, null)).isFalse();
  }

  @Test
  void rows8And9_theInterruptControllerAndTheGsiAreChecked() {
    assertErrno(Errno.EAGAIN, () -> host.bareVm().checkForwardable(24));
    assertErrno(Errno.EINVAL, () -> vm.checkForwardable(4096));
    assertErrno(Errno.EINVAL, () -> vm.checkForwardable(-1));
    vm.checkForwardable(4095);
  }

  /** What a call of userspace undoes, it undoes to what was programmed, not to what is routed. */
  @Test
  void whatWasProgrammedCanBeRestored() {
    route(vm, msi(24, 0x41), msi(25, 1, 0x52));
    ExplicitForwarding forwarding = forward(24);
    host.registry.register(producer, token);
    ExplicitForwarding.Programmed first = forwarding.programmed();
    forwarding.reprogram(25);
    assertPosted(1, 0x52);
    route(vm, msi(24, 0x60), msi(25, 0x61));
    forwarding.restore(first);

    assertPosted(0, 0x41);
    assertThat(forwarding.gsi()).isEqualTo(24);
    assertThat(vm.isBypassed(24, null)).isTrue();
    assertThat(vm.isBypassed(25, null)).isFalse();
    assertThat(forwarding.toString()).isEqualTo("explicit forwarding to gsi 24 of " + vm);
  }

  @Test
  void whatNeverMetAProducerIsRestoredToo() {
    route(vm, msi(24, 0x41));
    ExplicitForwarding forwarding = forward(25);
    ExplicitForwarding.Programmed first = forwarding.programmed();
    forwarding.reprogram(24);
    forwarding.restore(first);
    host.registry.register(producer, token);

    assertThat(producer.irq().isPosted()).isFalse();
    assertThat(forwarding.status().reason()).isEqualTo(BypassReason.ROUTE_MISSING);
  }

  @Test
  void aForwardingThatIsClosedIsForgotten() {
    List<String> before = State.of(vm);
    ExplicitForwarding forwarding = vm.forwarding(24);
    assertThat(State.of(vm)).isNotEqualTo(before);
    forwarding.close();
    assertThat(State.of(vm)).isEqualTo(before);
  }

  /** An irqfd's cached entry outlives its route; what userspace programmed does not. */
  @Test
  void aForwardingHasNoRouteButTheOneThatIsProgrammed() {
    route(vm, msi(24, 0x41));
    ExplicitForwarding forwarding = forward(24);
    assertThat(forwarding.formerRoute()).isSameInstanceAs(vm.routing().onlyRoute(24));
    route(vm);
    forwarding.reprogram();
    assertThat(forwarding.formerRoute()).isNull();
  }
}
