package org.irqbypass.legacy;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.host.VcpuAffinity;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.Vcpu;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.vfio.IrqIndex;
import org.irqbypass.vfio.IrqSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The table of semantics.md 7.4 on a host that forwards wired interrupts. */
final class ForwardingRowsTest {
  private static final int GSI = 40;
  private static final int INTID = 32 + LegacyHost.UART_PIN;

  private LegacyHost host = LegacyHost.forwarding();
  private int uart = host.openUart();
  private int nic = host.openNic();
  private int vm = host.openGuest();
  private KvmVfioDevice kv = host.openKv(vm);

  private void start(LegacyHost newHost) {
    host = newHost;
    uart = host.openUart();
    nic = host.openNic();
    vm = host.openGuest();
    kv = host.openKv(vm);
  }

  private void route() {
    host.route(vm, RoutingEntry.irqchip(GSI, 0, LegacyHost.UART_PIN));
  }

  /** As a VMM wires a level interrupt: irqfd with resample, resample to unmask. */
  private void signal() {
    route();
    int trigger = host.eventfd();
    int resample = host.eventfd();
    host.trigger(host.uart, 0, 0, trigger);
    host.kvm.vm(vm).irqfd(IrqfdRequest.resample(trigger, GSI, resample));
    host.uart.setIrqs(IrqSet.unmaskBy(0, resample));
  }

  private Vcpu vcpu() {
    return host.kvm.vm(vm).vcpuById(0);
  }

  private KvmVfioDevIrq one() {
    return KvmVfioDevIrq.of(uart, 0, 0, GSI);
  }

  private KvmVfioDevIrq range() {
    return KvmVfioDevIrq.range(uart, 0, 0, 1);
  }

  @ParameterizedTest
  @EnumSource
  void row7MessagesAndPostingAreForPostingHosts(Form form) {
    KvmVfioDevIrq message = KvmVfioDevIrq.of(nic, IrqIndex.MSIX, 0, GSI);
    host.assertRefused(Errno.EINVAL, kv, () -> form.forward(kv, message));
    host.assertRefused(Errno.EINVAL, kv, () -> form.unforward(kv, message));
    host.assertRefused(Errno.EINVAL, kv, () -> form.post(kv, message));
    host.assertRefused(Errno.EINVAL, kv, () -> form.post(kv, one()));
    host.assertRefused(Errno.EINVAL, kv, () -> form.unpost(kv, range()));
    host.assertRefused(Errno.EINVAL, kv, () -> form.forward(kv, KvmVfioDevIrq.of(uart, 1, 0, GSI)));
    host.assertRefused(Errno.EINVAL, kv, () -> form.forward(kv, KvmVfioDevIrq.of(uart, 0, 1, GSI)));
  }

  @ParameterizedTest
  @EnumSource
  void row8TheVgicIsInitialized(Form form) {
    vm = host.kvm.createVm();
    kv = host.openKv(vm);
    host.assertRefused(
        Errno.EAGAIN, kv, () -> form.forward(kv, KvmVfioDevIrq.of(uart, 0, 0, 4096)));
  }

  @ParameterizedTest
  @EnumSource
  void row10AWiredInterruptIsForwardedOnce(Form form) {
    route();
    form.forward(kv, one());
    host.assertRefused(Errno.EEXIST, kv, () -> form.forward(kv, one()));
    host.assertRefused(Errno.EEXIST, kv, () -> form.forward(kv, KvmVfioDevIrq.of(uart, 0, 0, 41)));
  }

  /** Row 10 comes before row 12. */
  @Test
  void row10ComesBeforeTheStateOfTheInterrupt() {
    signal();
    kv.forward(one());
    host.uartIrq.setLine(true);
    assertThat(host.uartIrq.isActive()).isTrue();
    host.assertRefused(Errno.EEXIST, kv, () -> kv.forward(one()));
  }

  @ParameterizedTest
  @EnumSource
  void row11IsForAnotherVmsForwarding(Form form) {
    route();
    form.forward(kv, one());
    KvmVfioDevice other = host.openKv(host.openGuest());
    host.assertRefused(Errno.EBUSY, other, () -> form.forward(other, one()));
  }

  @ParameterizedTest
  @EnumSource
  void row11IsForAnAutomaticPairing(Form form) {
    start(LegacyHost.forwarding(ConnectPolicy.OPPORTUNISTIC));
    signal();
    assertThat(host.uart.interrupt(0, 0).status().isBypassed()).isTrue();
    host.assertRefused(Errno.EBUSY, kv, () -> form.forward(kv, KvmVfioDevIrq.of(uart, 0, 0, 41)));
    host.assertRefused(Errno.EBUSY, kv, () -> form.forward(kv, KvmVfioDevIrq.of(nic, 0, 0, GSI)));
  }

  @ParameterizedTest
  @EnumSource
  void row12AnInterruptMaskedByTheUserIsRefused(Form form) {
    signal();
    host.uart.setIrqs(IrqSet.mask(0));
    host.assertRefused(Errno.EAGAIN, kv, () -> form.forward(kv, one()));
    host.uart.setIrqs(IrqSet.unmask(0));
    form.forward(kv, one());
    assertThat(host.uartIrq.vcpuAffinity()).isEqualTo(new VcpuAffinity.Forwarded(INTID));
  }

  @ParameterizedTest
  @EnumSource
  void row12AnInterruptThatIsBeingHandledIsRefused(Form form) {
    signal();
    host.uartIrq.setLine(true);
    host.assertRefused(Errno.EAGAIN, kv, () -> form.forward(kv, one()));
    host.uartIrq.setLine(false);
    vcpu().end(vcpu().take());
    host.queue.runAll();
    form.forward(kv, one());
  }

  /** Row 11 comes before row 12. */
  @Test
  void row12ComesLast() {
    signal();
    KvmVfioDevice other = host.openKv(host.openGuest());
    host.uart.setIrqs(IrqSet.mask(0));
    host.assertRefused(Errno.EAGAIN, other, () -> other.forward(one()));
    host.uart.setIrqs(IrqSet.unmask(0));
    kv.forward(one());
    host.uart.setIrqs(IrqSet.mask(0));
    host.assertRefused(Errno.EBUSY, other, () -> other.forward(one()));
  }

  @Test
  void aGuestInterruptWithoutAPinIsRefusedByTheGuestsSide() {
    host.route(vm); // an empty table, in place of the vGIC's own
    host.assertRefused(Errno.EINVAL, kv, () -> kv.forward(one()));
  }

  @ParameterizedTest
  @EnumSource
  void rowUIsForWhatIsNotForwarded(Form form) {
    host.assertRefused(Errno.ENOENT, kv, () -> form.unforward(kv, range()));
  }

  @Test
  void theGuestCompletesWhatIsForwarded() {
    signal();
    kv.forward(one());
    host.uartIrq.setLine(true);
    assertThat(host.uartIrq.isActive()).isTrue();
    assertThat(host.uart.interrupt(0, 0).isBeingHandled()).isFalse();
    assertThat(vcpu().take()).isEqualTo(INTID);
    host.uartIrq.setLine(false);
    vcpu().end(INTID);

    assertThat(host.uartIrq.isActive()).isFalse();
    assertThat(host.queue.queued()).isEmpty();
  }

  @Test
  void unforwardingInFlightCompletesTheInterruptOnce() {
    signal();
    kv.forward(one());
    host.uartIrq.setLine(true);
    assertThat(vcpu().take()).isEqualTo(INTID);
    kv.unforward(range());
    host.queue.runAll();
    assertThat(host.uartIrq.isActive()).isFalse();
    assertThat(host.uart.interrupt(0, 0).isBeingHandled()).isTrue();
    long handled = host.uartIrq.handledCount();
    // The device is served and lowers its line; the guest completes; the unmask finds nothing.
    host.uartIrq.setLine(false);
    vcpu().end(INTID);
    host.queue.runAll();
    assertThat(host.uart.interrupt(0, 0).isBeingHandled()).isFalse();
    assertThat(host.uartIrq.handledCount()).isEqualTo(handled);
    assertThat(vcpu().hasPending()).isFalse();
    // And the next one comes in the ordinary way.
    host.uartIrq.setLine(true);
    assertThat(vcpu().take()).isEqualTo(INTID);
    host.assertNothingRegistered();
  }

  @Test
  void aForwardingThatWaitsIsTakenOverByTheIntxOfAFunction() {
    host.route(vm, RoutingEntry.irqchip(41, 0, 9));
    kv.forward(KvmVfioDevIrq.of(nic, IrqIndex.INTX, 0, 41));
    assertThat(host.registry.connected()).isEqualTo(0);
    host.trigger(host.nic, IrqIndex.INTX, 0, host.eventfd());
    assertThat(kv.forwarded().get(0).status().isBypassed()).isTrue();
    host.nic.setIrqs(IrqSet.disable(IrqIndex.INTX));
    assertThat(host.registry.connected()).isEqualTo(0);
    kv.unforward(KvmVfioDevIrq.range(nic, IrqIndex.INTX, 0, 1));

    host.assertNothingRegistered();
  }

  @Test
  void nothingIsKeptOfARefusal() {
    host.route(vm);
    assertThat(assertThrows(ErrnoException.class, () -> kv.forward(one())).errno())
        .isEqualTo(Errno.EINVAL);
    host.assertNothingRegistered();
    assertThat(host.uart.interrupt(0, 0).isForwarded()).isFalse();
    route();
    kv.forward(one());
    assertThat(kv.forwarded().get(0).status().isBypassed()).isTrue();
  }

  /** Where no trigger is set no producer is there to refuse, and row 12 holds all the same. */
  @ParameterizedTest
  @EnumSource
  void row12HoldsForAnInterruptThatSignalsNothing(Form form) {
    route();
    host.uart.setIrqs(IrqSet.mask(0));
    host.assertRefused(Errno.EAGAIN, kv, () -> form.forward(kv, one()));
    host.uart.setIrqs(IrqSet.unmask(0));
    signal();
    host.uartIrq.setLine(true);
    host.uart.setIrqs(IrqSet.disable(0));
    assertThat(host.uart.interrupt(0, 0).isBeingHandled()).isTrue();
    host.assertRefused(Errno.EAGAIN, kv, () -> form.forward(kv, one()));
    host.uartIrq.setLine(false);
    host.uart.setIrqs(IrqSet.unmask(0));
    form.forward(kv, one());

    assertThat(kv.forwarded()).hasSize(1);
  }
}
