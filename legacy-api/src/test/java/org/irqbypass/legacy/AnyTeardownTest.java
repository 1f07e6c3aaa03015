package org.irqbypass.legacy;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.Trigger;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.Vcpu;
import org.irqbypass.kvm.Vm;
import org.irqbypass.kvm.arm64.Arm64Vm;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.vfio.IrqIndex;
import org.irqbypass.vfio.IrqSet;
import org.irqbypass.vfio.pci.PciFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Every descriptor of a host is closed, in any order, with interrupts going on in between: nothing
 * may be left behind. Automatic and explicit pairings, wired interrupts and messages.
 */
final class AnyTeardownTest {
  private static final int ROUNDS = 400;
  private static final int INTX_PIN = 9;

  /** What a round holds. */
  private static final class Session {
    final LegacyHost host;
    final Random random;
    final boolean posting;
    final List<EventfdContext> eventfds = new ArrayList<>();
    final Vm vm;

    Session(boolean posting, boolean explicit, ConnectPolicy automatic, long seed) {
      this.posting = posting;
      host = posting ? LegacyHost.posting(automatic) : LegacyHost.forwarding(automatic);
      random = new Random(seed);
      int nic = host.openNic();
      int uart = host.openUart();
      host.nic.writeConfig(4, 2, PciFunction.COMMAND_ENABLED | PciFunction.COMMAND_MASTER);
      int guest = host.openGuest();
      vm = host.kvm.vm(guest);
      KvmVfioDevice kv = host.openKv(guest);
      if (posting) {
        host.route(guest, LegacyHost.message(24, 65), LegacyHost.message(25, 66));
      } else {
        Arm64Vm.of(vm).vgic().configureSpi(32 + INTX_PIN, Trigger.LEVEL, true);
        host.route(
            guest,
            RoutingEntry.irqchip(24, 0, LegacyHost.UART_PIN),
            RoutingEntry.irqchip(25, 0, INTX_PIN));
      }
      int first = eventfd();
      int second = eventfd();
      boolean signalsFirst = random.nextBoolean();
      if (signalsFirst) {
        setUp(first, second);
      }
      if (explicit) {
        forward(nic, uart, kv);
      }
      if (!signalsFirst) {
        setUp(first, second);
      }
      host.queue.runAll();
      assertThat(host.registry.connected()).isEqualTo(2);
    }

    private int eventfd() {
      int fd = host.eventfd();
      eventfds.add(host.descriptors.eventfd(fd));
      return fd;
    }

    private void setUp(int first, int second) {
      if (posting) {
        vm.irqfd(IrqfdRequest.assign(first, 24));
        host.trigger(host.nic, IrqIndex.MSIX, 0, first, second);
        vm.irqfd(IrqfdRequest.assign(second, 25));
        return;
      }
      int uartUnmask = eventfd();
      int nicUnmask = eventfd();
      vm.irqfd(IrqfdRequest.resample(first, 24, uartUnmask));
      host.trigger(host.uart, 0, 0, first);
      host.uart.setIrqs(IrqSet.unmaskBy(0, uartUnmask));
      host.trigger(host.nic, IrqIndex.INTX, 0, second);
      host.nic.setIrqs(IrqSet.unmaskBy(IrqIndex.INTX, nicUnmask));
      vm.irqfd(IrqfdRequest.resample(second, 25, nicUnmask));
    }

    private void forward(int nic, int uart, KvmVfioDevice kv) {
      if (posting) {
        kv.forward(KvmVfioDevIrq.of(nic, IrqIndex.MSIX, 0, 24, 25));
      } else {
        kv.forward(KvmVfioDevIrq.of(uart, 0, 0, 24));
        kv.forward(KvmVfioDevIrq.of(nic, IrqIndex.INTX, 0, 25));
      }
    }

    /** Something that devices, the guest, userspace or the kernel's workers do. */
    void disturb() {
      switch (random.nextInt(7)) {
        case 0 -> host.nicFunction.raiseMsix(random.nextInt(2));
        case 1 -> host.uartIrq.setLine(random.nextBoolean());
        case 2 -> host.nicFunction.assertIntx(random.nextBoolean());
        case 3 -> eventfds.get(random.nextInt(eventfds.size())).signal();
        case 4 -> runGuest();
        case 5 -> host.queue.runNext();
        default -> reroute();
      }
    }

    private void runGuest() {
      Vcpu vcpu = vm.vcpus().get(0);
      int taken = vcpu.take();
      if (taken >= 0 && random.nextBoolean()) {
        vcpu.end(taken);
      }
    }

    private void reroute() {
      boolean empty = random.nextBoolean();
      RoutingEntry entry =
          posting
              ? LegacyHost.message(24, 70 + random.nextInt(3))
              : RoutingEntry.irqchip(24, 0, LegacyHost.UART_PIN + 2 * random.nextInt(2));
      vm.setGsiRouting(empty ? List.of() : List.of(entry), 0);
    }

    void assertNothingLeft() {
      host.assertNothingRegistered();
      assertThat(host.descriptors.open()).isEqualTo(0);
      assertThat(host.queue.queued()).isEmpty();
      assertThat(host.nic.isOpen()).isFalse();
      assertThat(host.uart.isOpen()).isFalse();
      assertThat(host.nicGroup.isOpen()).isFalse();
      assertThat(host.uartGroup.isOpen()).isFalse();
      assertThat(vm.irqfds()).isEmpty();
      assertThat(vm.isHalted()).isFalse();
      assertThat(vm.isBypassed(24, null)).isFalse();
      assertThat(vm.isBypassed(25, null)).isFalse();
      for (HostIrq irq : host.interrupts.all()) {
        assertWithMessage("%s", irq).that(irq.isRequested()).isFalse();
        assertWithMessage("%s", irq).that(irq.isActive()).isFalse();
        assertWithMessage("%s", irq).that(irq.isDisabled()).isFalse();
      }
      for (EventfdContext eventfd : eventfds) {
        assertWithMessage("waiters on %s", eventfd).that(waiters(eventfd)).isEqualTo(0);
      }
    }

    /** Waiters are the only objects that an eventfd refers to. */
    private static int waiters(EventfdContext eventfd) {
      int[] found = new int[1];
      eventfd.writeTo(
          new FingerprintSink() {
            @Override
            public FingerprintSink put(long value) {
              return this;
            }

            @Override
            public FingerprintSink putReference(@Nullable Object reference) {
              found[0] += reference == null ? 0 : 1;
              return this;
            }
          });
      return found[0];
    }
  }

  @ParameterizedTest
  @CsvSource({
    "true, true, DISABLED",
    "true, false, OPPORTUNISTIC",
    "true, false, RETRY",
    "true, false, REQUIRED",
    "false, true, DISABLED",
    "false, false, OPPORTUNISTIC",
    "false, false, RETRY",
    "false, false, REQUIRED"
  })
  void nothingIsLeft(boolean posting, boolean explicit, ConnectPolicy automatic) {
    for (long seed = 0; seed < ROUNDS; seed++) {
      round(new Session(posting, explicit, automatic, seed), seed);
    }
  }

  private static void round(Session session, long seed) {
    int highest = 64;
    List<Integer> order = new ArrayList<>();
    for (int fd = 0; fd < highest; fd++) {
      try {
        assertThat(session.host.descriptors.file(fd)).isNotNull();
        order.add(fd);
      } catch (ErrnoException notOpen) {
        assertThat(fd).isAtLeast(session.host.descriptors.open());
        break;
      }
    }
    assertThat(order).hasSize(session.host.descriptors.open());
    Collections.shuffle(order, session.random);
    try {
      for (int fd : order) {
        for (int i = session.random.nextInt(6); i > 0; i--) {
          session.disturb();
        }
        session.host.descriptors.close(fd);
      }
      session.host.uartIrq.setLine(false);
      session.host.nicFunction.assertIntx(false);
      session.host.queue.runAll();
      session.assertNothingLeft();
    } catch (RuntimeException | AssertionError fault) {
      throw new AssertionError("seed " + seed + ", order " + order, fault);
    }
  }
}
