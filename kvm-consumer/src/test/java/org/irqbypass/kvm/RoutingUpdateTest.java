package org.irqbypass.kvm;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.kvm.KvmHost.msi;
import static org.irqbypass.kvm.KvmHost.route;
import static org.irqbypass.kvm.KvmHost.vcpu;

import com.google.common.collect.Collections2;
import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import org.irqbypass.host.VcpuAffinity;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Which irqfds a new routing table reaches ({@code kvm_irq_routing_update()}). */
class RoutingUpdateTest {
  @RegisterExtension final KvmHost host = new KvmHost();
  private final Vm vm = host.vm(1);

  private VcpuAffinity.Posted posted(int vector) {
    return new VcpuAffinity.Posted(vcpu(vm, 0).posted(), vector);
  }

  private long told() {
    long told = host.events(KvmEvent.UpdateIrqfdRouting.class).size();
    host.events.clear();
    return told;
  }

  /** Irqfds of one gsi are linked: whichever goes, the others stay, and nobody else comes. */
  @Test
  void allIrqfdsOfAGsiAreReachedWhicheverOfThemWent() {
    for (List<Integer> order : Collections2.permutations(ImmutableList.of(0, 1, 2))) {
      route(vm, msi(24, 0x41));
      List<Integer> fds = new ArrayList<>();
      List<KvmHost.Producer> producers = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        fds.add(host.eventfd());
        host.assign(vm, fds.get(i), 24);
        producers.add(host.produce(fds.get(i)));
      }
      List<Integer> left = new ArrayList<>(order);
      int vector = 0x50;
      for (int goes : order) {
        vm.irqfd(IrqfdRequest.deassign(fds.get(goes), 24));
        left.remove((Integer) goes);
        host.events.clear();
        route(vm, msi(24, ++vector));
        assertThat(told()).isEqualTo(left.size());
        for (int i = 0; i < 3; i++) {
          assertThat(producers.get(i).irq().vcpuAffinity())
              .isEqualTo(left.contains(i) ? posted(vector) : null);
        }
        assertThat(vm.isBypassed(24, null)).isEqualTo(!left.isEmpty());
      }
      assertThat(vm.irqfds()).isEmpty();
    }
  }

  @Test
  void anIrqfdWhoseEventfdWasClosedIsNotReachedAnyMore() {
    route(vm, msi(24, 0x41));
    int fd = host.eventfd();
    host.assign(vm, fd, 24);
    KvmHost.Producer producer = host.produce(fd);
    host.descriptors.close(fd); // shut down later
    host.events.clear();
    route(vm, msi(24, 0x42));
    assertThat(told()).isEqualTo(0);
    assertThat(producer.irq().vcpuAffinity()).isEqualTo(posted(0x41));
    host.work();

    assertThat(producer.irq().vcpuAffinity()).isNull();
  }

  @Test
  void anIrqfdWithoutAProducerCachesItsRouteAndThatIsAll() {
    int fd = host.eventfd();
    host.assign(vm, fd, 24);
    route(vm, msi(24, 0x41));
    assertThat(told()).isEqualTo(0);
    host.context(fd).signal();

    assertThat(KvmHost.irr(vm)).containsExactly(0x41);
  }

  /** The architecture is asked of a pair without a message at each change, whatever changed. */
  @Test
  void aPairWithoutAMessageIsToldOfEveryTable() {
    int fd = host.eventfd();
    route(vm, msi(24, 0x41));
    host.assign(vm, fd, 24);
    host.produce(fd);
    host.events.clear();
    route(vm, msi(24, 0x41), msi(30, 0x42));
    assertThat(told()).isEqualTo(0);
    route(vm, msi(30, 0x42));
    assertThat(told()).isEqualTo(1);
    route(vm, msi(30, 0x43));
    assertThat(told()).isEqualTo(1);
    route(vm, msi(24, 0x41), msi(30, 0x43));
    assertThat(told()).isEqualTo(1);
    route(vm, msi(24, 0x41), msi(30, 0x44));
    assertThat(told()).isEqualTo(0);
  }

  /** {@code kvm->irqfds.items}: each binding adds to the end of one list. */
  @Test
  void irqfdsAreReachedInTheOrderOfBinding() {
    List<KvmEvent.UpdateIrqfdRouting> expected = new ArrayList<>();
    for (int gsi : new int[] {26, 24, 25, 24}) {
      int fd = host.eventfd();
      expected.add(new KvmEvent.UpdateIrqfdRouting(host.assign(vm, fd, gsi)));
      host.produce(fd);
    }
    for (int vector : new int[] {0x41, 0x42}) { // without a message at first, then with one
      host.events.clear();
      route(vm, msi(24, vector), msi(25, vector), msi(26, vector));
      assertThat(host.events(KvmEvent.UpdateIrqfdRouting.class))
          .containsExactlyElementsIn(expected)
          .inOrder();
    }
  }
}
