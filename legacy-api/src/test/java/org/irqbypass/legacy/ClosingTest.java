package org.irqbypass.legacy;

import static com.google.common.truth.Truth.assertThat;

import com.google.common.collect.Collections2;
import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import org.irqbypass.host.HostIrqEvent;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.vfio.IrqIndex;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever is closed, and in whatever order: what was forwarded is not, and nothing is left. */
final class ClosingTest {
  /** What userspace holds. */
  private enum Held {
    DEVICE,
    GROUP,
    KV,
    VM
  }

  private static final class Session {
    final LegacyHost host;
    final int device;
    final int group;
    final int vm;
    final int kvFd;
    final KvmVfioDevice kv;

    Session(boolean posting) {
      host = posting ? LegacyHost.posting() : LegacyHost.forwarding();
      device = posting ? host.openNic() : host.openUart();
      group = posting ? host.nicGroupFd : host.uartGroupFd;
      vm = host.openGuest();
      kvFd = host.createKv(vm);
      kv = host.device(kvFd);
      kv.addGroup(group);
      if (posting) {
        host.route(vm, LegacyHost.message(24, 65), LegacyHost.message(25, 66));
        host.trigger(host.nic, IrqIndex.MSIX, 0, host.eventfd(), host.eventfd());
        kv.forward(KvmVfioDevIrq.of(device, IrqIndex.MSIX, 0, 24, 25));
        assertThat(host.registry.connected()).isEqualTo(2);
      } else {
        host.route(vm, RoutingEntry.irqchip(40, 0, LegacyHost.UART_PIN));
        host.trigger(host.uart, 0, 0, host.eventfd());
        kv.forward(KvmVfioDevIrq.of(device, 0, 0, 40));
        assertThat(host.registry.connected()).isEqualTo(1);
      }
    }

    void close(Held held) {
      host.descriptors.close(
          switch (held) {
            case DEVICE -> device;
            case GROUP -> group;
            case KV -> kvFd;
            case VM -> vm;
          });
      host.queue.runAll();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void eachOfThemAloneEndsTheForwarding(boolean posting) {
    for (Held held : List.of(Held.DEVICE, Held.KV, Held.VM)) {
      Session session = new Session(posting);
      session.close(held);

      session.host.assertNothingRegistered();
      if (held != Held.KV) {
        assertThat(session.kv.forwarded()).isEmpty();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void everyOrderLeavesNothing(boolean posting) {
    for (List<Held> order : Collections2.permutations(ImmutableList.copyOf(Held.values()))) {
      Session session = new Session(posting);
      order.forEach(session::close);

      session.host.assertNothingRegistered();
      assertThat(session.host.nicGroup.isOpen()).isFalse();
      assertThat(session.host.uartGroup.isOpen()).isFalse();
      assertThat(session.host.nic.isOpen()).isFalse();
      assertThat(session.host.uart.isOpen()).isFalse();
    }
  }

  @Test
  void aDeviceThatIsOpenedAgainCanBeForwardedAgain() {
    Session session = new Session(true);
    LegacyHost host = session.host;
    session.close(Held.DEVICE);
    int again = host.vfio.group(session.group).deviceFd("nic");
    host.trigger(host.nic, IrqIndex.MSIX, 0, host.eventfd());
    session.kv.forward(KvmVfioDevIrq.of(again, IrqIndex.MSIX, 0, 24));
    assertThat(host.registry.connected()).isEqualTo(1);
    host.descriptors.close(again);

    host.assertNothingRegistered();
  }

  @Test
  void theSecondDescriptorOfADeviceKeepsTheForwarding() {
    Session session = new Session(true);
    int second = session.host.vfio.group(session.group).deviceFd("nic");
    session.close(Held.DEVICE);
    assertThat(session.host.registry.connected()).isEqualTo(2);
    session.host.descriptors.close(second);

    session.host.assertNothingRegistered();
  }

  /** An interrupt in flight when something is closed is completed once. */
  @Test
  void closingInFlightCompletesTheInterrupt() {
    for (Held held : List.of(Held.KV, Held.VM, Held.DEVICE)) {
      Session session = new Session(false);
      List<Boolean> deactivated = new ArrayList<>();
      session.host.uartIrq.setLine(true);
      assertThat(session.host.uartIrq.isActive()).isTrue();
      session.host.trace.listen(
          (nanos, event) -> {
            if (event instanceof HostIrqEvent.Deactivated) {
              deactivated.add(true);
            }
          });
      session.close(held);

      assertThat(session.host.uartIrq.isActive()).isFalse();
      assertThat(deactivated).hasSize(1);
      session.host.assertNothingRegistered();
    }
  }
}
