package org.irqbypass.legacy;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.Trigger;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.Vcpu;
import org.irqbypass.kvm.Vm;
import org.irqbypass.kvm.arm64.Arm64Vm;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.vfio.IrqIndex;
import org.irqbypass.vfio.IrqSet;
import org.irqbypass.vfio.VfioDevice;
import org.irqbypass.vfio.VfioInterrupt;
import org.irqbypass.vfio.pci.PciFunction;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whatever was bound, unbound, forwarded, masked and rerouted while an interrupt came and went:
 * once everything is in place again, one interrupt of the device is one interrupt of the guest.
 */
final class AnyReconfigurationTest {
  private static final int ROUNDS = 600;
  private static final int STEPS = 24;
  private static final int INTX_PIN = 9;
  private static final int GSI = 24;

  private abstract static class Session {
    final LegacyHost host;
    final Random random;
    final Vm vm;
    final int guest;
    final KvmVfioDevice kv;
    final int device;
    final int trigger;
    final List<String> steps = new ArrayList<>();

    Session(LegacyHost host, long seed, boolean nic) {
      this.host = host;
      random = new Random(seed);
      device = nic ? host.openNic() : host.openUart();
      if (nic) {
        host.nic.writeConfig(4, 2, PciFunction.COMMAND_ENABLED | PciFunction.COMMAND_MASTER);
      }
      guest = host.openGuest();
      vm = host.kvm.vm(guest);
      kv = host.openKv(guest);
      trigger = host.eventfd();
    }

    abstract List<Runnable> moves();

    abstract KvmVfioDevIrq irq();

    /** Binds, routes and unmasks; what is there already may refuse. */
    abstract void complete();

    abstract void assertAlive();

    void forward() {
      kv.forward(irq());
    }

    void unforward() {
      kv.unforward(irq());
    }

    void unbind() {
      vm.irqfd(IrqfdRequest.deassign(trigger, GSI));
    }

    void tolerantly(String name, Runnable step) {
      String outcome = "";
      try {
        step.run();
      } catch (ErrnoException refused) {
        outcome = " " + refused.errno();
      }
      steps.add(name + outcome);
    }

    void step() {
      List<Runnable> moves = moves();
      int chosen = random.nextInt(moves.size());
      tolerantly("" + chosen, moves.get(chosen));
    }

    Vcpu vcpu() {
      return vm.vcpus().get(0);
    }
  }

  private static final class Wired extends Session {
    private final boolean nic;
    private final int unmask;

    Wired(ConnectPolicy automatic, long seed, boolean nic) {
      super(LegacyHost.forwarding(automatic), seed, nic);
      this.nic = nic;
      unmask = host.eventfd();
      Arm64Vm.of(vm).vgic().configureSpi(32 + INTX_PIN, Trigger.LEVEL, true);
    }

    VfioDevice vfioDevice() {
      return nic ? host.nic : host.uart;
    }

    VfioInterrupt interrupt() {
      return vfioDevice().interrupt(0, 0);
    }

    void line(boolean high) {
      if (nic) {
        host.nicFunction.assertIntx(high);
      } else {
        host.uartIrq.setLine(high);
      }
    }

    @Override
    KvmVfioDevIrq irq() {
      return KvmVfioDevIrq.of(device, 0, 0, GSI);
    }

    void bind() {
      vm.irqfd(IrqfdRequest.resample(trigger, GSI, unmask));
    }

    void route(int pin) {
      vm.setGsiRouting(List.of(RoutingEntry.irqchip(GSI, 0, pin)), 0);
    }

    void signal(int fd) {
      vfioDevice().setIrqs(IrqSet.trigger(IrqIndex.INTX, 0, fd));
    }

    /** The guest takes an interrupt; its driver serves the device, and ends it. */
    boolean serve() {
      int taken = vcpu().take();
      if (taken >= 0) {
        line(false);
        vcpu().end(taken);
      }
      return taken >= 0;
    }

    @Override
    List<Runnable> moves() {
      return List.of(
          () -> line(true),
          () -> line(false),
          this::serve,
          this::serve,
          host.queue::runNext,
          this::forward,
          this::unforward,
          this::bind,
          this::unbind,
          () -> signal(trigger),
          () -> signal(-1),
          () -> route(LegacyHost.UART_PIN),
          () -> route(INTX_PIN),
          () -> vm.setGsiRouting(List.of(), 0),
          () -> vfioDevice().setIrqs(IrqSet.mask(0)),
          () -> vfioDevice().setIrqs(IrqSet.unmask(0)),
          () -> vfioDevice().setIrqs(IrqSet.unmaskBy(0, unmask)),
          () -> vfioDevice().setIrqs(IrqSet.unmaskBy(0, -1)));
    }

    @Override
    void complete() {
      boolean forwarded = interrupt().isForwarded();
      if (forwarded) {
        unforward(); // an explicit pairing follows no route
      }
      tolerantly("route", () -> route(LegacyHost.UART_PIN));
      // A line that was high when its route went stays so: nobody but userspace can lower it.
      vm.irqLine(1 << 24 | 32 + INTX_PIN, 0);
      tolerantly("bind", this::bind);
      if (interrupt().trigger() == null) {
        signal(trigger);
      }
      tolerantly("unmaskBy", () -> vfioDevice().setIrqs(IrqSet.unmaskBy(0, unmask)));
      vfioDevice().setIrqs(IrqSet.unmask(0));
      settle();
      vfioDevice().setIrqs(IrqSet.unmask(0));
      settle();
      if (forwarded) {
        tolerantly("forward", this::forward);
      }
    }

    private void settle() {
      for (int i = 0; i < 20; i++) {
        host.queue.runAll();
        if (!serve()) {
          line(false);
        }
      }
      host.queue.runAll();
    }

    @Override
    void assertAlive() {
      for (int i = 0; i < 2; i++) {
        line(true);
        host.queue.runAll();
        int taken = vcpu().take();
        assertWithMessage("taken").that(taken).isEqualTo(32 + LegacyHost.UART_PIN);
        line(false);
        vcpu().end(taken);
        host.queue.runAll();
        assertWithMessage("taken once more").that(vcpu().take()).isEqualTo(-1);
        HostIrq irq = interrupt().hostIrq();
        assertThat(irq).isNotNull();
        assertThat(interrupt().isBeingHandled()).isFalse();
      }
    }
  }

  private static final class Messages extends Session {
    Messages(ConnectPolicy automatic, long seed) {
      super(LegacyHost.posting(automatic), seed, true);
    }

    @Override
    KvmVfioDevIrq irq() {
      return KvmVfioDevIrq.of(device, IrqIndex.MSIX, 0, GSI);
    }

    void signal(int fd) {
      host.nic.setIrqs(IrqSet.trigger(IrqIndex.MSIX, 0, fd));
    }

    void route(int vector) {
      vm.setGsiRouting(List.of(LegacyHost.message(GSI, vector)), 0);
    }

    boolean serve() {
      int taken = vcpu().take();
      if (taken >= 0) {
        vcpu().end(taken);
      }
      return taken >= 0;
    }

    @Override
    List<Runnable> moves() {
      return List.of(
          () -> host.nicFunction.raiseMsix(0),
          this::serve,
          host.queue::runNext,
          this::forward,
          this::unforward,
          () -> vm.irqfd(IrqfdRequest.assign(trigger, GSI)),
          this::unbind,
          () -> signal(trigger),
          () -> signal(-1),
          () -> route(65),
          () -> route(66),
          () -> vm.setGsiRouting(List.of(), 0));
    }

    @Override
    void complete() {
      tolerantly("route", () -> route(65));
      tolerantly("bind", () -> vm.irqfd(IrqfdRequest.assign(trigger, GSI)));
      tolerantly("signal", () -> signal(trigger));
      if (host.nic.interrupt(IrqIndex.MSIX, 0).isForwarded()) {
        forward(); // an explicit pairing is told of the route
      }
      host.queue.runAll();
      while (serve()) {
        host.queue.runAll();
      }
    }

    @Override
    void assertAlive() {
      for (int i = 0; i < 2; i++) {
        host.nicFunction.raiseMsix(0);
        host.queue.runAll();
        int taken = vcpu().take();
        assertWithMessage("taken").that(taken).isEqualTo(65);
        vcpu().end(taken);
        assertWithMessage("taken once more").that(vcpu().take()).isEqualTo(-1);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"DISABLED", "OPPORTUNISTIC", "RETRY"})
  void aLevelComesOnceAndAgain(ConnectPolicy automatic) {
    for (long seed = 0; seed < ROUNDS; seed++) {
      round(new Wired(automatic, seed, seed % 2 == 0), seed);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"DISABLED", "OPPORTUNISTIC", "RETRY"})
  void aMessageComesOnceAndAgain(ConnectPolicy automatic) {
    for (long seed = 0; seed < ROUNDS; seed++) {
      round(new Messages(automatic, seed), seed);
    }
  }

  private static void round(Session session, long seed) {
    try {
      for (int i = 0; i < STEPS; i++) {
        session.step();
      }
      session.complete();
      session.assertAlive();
    } catch (RuntimeException | AssertionError fault) {
      throw new AssertionError("seed " + seed + ": " + session.steps, fault);
    }
  }
}
