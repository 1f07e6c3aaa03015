package org.irqbypass.kvm.arm64;

import static com.google.common.truth.Truth.assertWithMessage;

import com.google.common.collect.ImmutableList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.Trigger;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.registry.ConnectPolicy;

/**
 * Whatever the order of the device's, the guest's and userspace's steps: a level that is high
 * reaches the guest, one that fell does not go on for ever, and in the end nothing is left active.
 */
final class WiredForwardingPropertyTest {
  private static final int GSI = 10;

  /** One step of the device, the guest or userspace. */
  enum Step {
    LINE_HIGH,
    LINE_LOW,
    TAKE,
    END,
    ENTER,
    LEAVE,
    REGISTER,
    UNREGISTER,
    ASSIGN,
    DEASSIGN,
    REROUTE,
    UNROUTE
  }

  private static final class Machine {
    final ArmHost host = new ArmHost(GicHardware.GICV2, ConnectPolicy.OPPORTUNISTIC).withGic();
    final HostIrq irq = host.interrupts.allocate("uart", Trigger.LEVEL);
    final int trigger = host.eventfd();
    final int resample = host.eventfd();
    final EventfdContext token = host.context(trigger);
    final WiredProducer producer = new WiredProducer(irq, token).request();
    final Arm64Vcpu vcpu = host.vcpu(0);
    int pin = 10;
    int inService = -1;

    Machine() {
      host.vgic.configureSpi(42, Trigger.LEVEL, true);
      host.vgic.configureSpi(43, Trigger.LEVEL, true);
      step(Step.ASSIGN);
    }

    void step(Step step) {
      try {
        take(step);
      } catch (ErrnoException refused) {
        // EAGAIN, EBUSY, EINVAL: the step was not possible, and nothing has changed
      }
      host.deferred.runAll();
      if (host.read(resample) != 0) {
        producer.unmask();
      }
    }

    private void take(Step step) {
      switch (step) {
        case LINE_HIGH -> irq.setLine(true);
        case LINE_LOW -> irq.setLine(false);
        case TAKE -> {
          if (inService < 0) {
            inService = vcpu.take();
          }
        }
        case END -> {
          if (inService >= 0) {
            vcpu.end(inService);
            inService = -1;
          }
        }
        case ENTER -> vcpu.enter();
        case LEAVE -> vcpu.leave();
        case REGISTER -> host.registry.register(producer, token);
        case UNREGISTER -> host.registry.unregister(producer);
        case ASSIGN -> host.vm.irqfd(IrqfdRequest.resample(trigger, GSI, resample));
        case DEASSIGN -> host.vm.irqfd(IrqfdRequest.deassign(trigger, GSI));
        case REROUTE -> {
          if (!isAssertedBySoftware()) {
            pin = pin == 10 ? 11 : 10;
            host.vm.setGsiRouting(ImmutableList.of(RoutingEntry.irqchip(GSI, 0, pin)), 0);
          }
        }
        case UNROUTE -> {
          if (!isAssertedBySoftware()) {
            host.vm.setGsiRouting(ImmutableList.of(), 0);
          }
        }
      }
      checkListRegisters();
    }

    /** A level that software has raised stays up if its route goes: KVM has always been so. */
    private boolean isAssertedBySoftware() {
      SpiState one = host.vgic.spiState(42);
      SpiState other = host.vgic.spiState(43);
      return (one.line() && !one.mapped()) || (other.line() && !other.mapped());
    }

    private void checkListRegisters() {
      for (ListRegister register : vcpu.listRegisters()) {
        assertWithMessage("%s", register)
            .that(register.hardware() && register.pending() && register.active())
            .isFalse();
        assertWithMessage("%s", register)
            .that(register.hardware() && register.eoiMaintenance())
            .isFalse();
      }
    }

    /** The guest runs while the line is high; whether it got the interrupt. */
    boolean guestGetsIt() {
      step(Step.END);
      for (int i = 0; i < 8; i++) {
        step(Step.TAKE);
        if (inService >= 0) {
          return true;
        }
      }
      return false;
    }

    /** The device falls silent and the guest runs; how many it still gets. */
    int drain() {
      step(Step.LINE_LOW);
      int taken = 0;
      step(Step.END);
      for (int i = 0; i < 8; i++) {
        step(Step.TAKE);
        if (inService < 0) {
          return taken;
        }
        taken++;
        step(Step.END);
      }
      return taken;
    }
  }

  @Property(tries = 3000)
  void aHighLineReachesTheGuestAndALowOneEnds(@ForAll @Size(max = 40) List<Step> steps) {
    Machine machine = new Machine();
    steps.forEach(machine::step);

    // What was taken down is put up again, as VFIO and a VMM would; what is there refuses.
    machine.drain();
    machine.step(Step.REROUTE);
    machine.producer.unmask();
    machine.step(Step.ASSIGN);
    machine.drain();
    machine.producer.unmask();
    machine.step(Step.LINE_HIGH);
    assertWithMessage("the guest gets a line that is high").that(machine.guestGetsIt()).isTrue();

    int left = machine.drain();
    assertWithMessage("interrupts after the line fell").that(left).isAtMost(2);
    assertWithMessage("still pending").that(machine.vcpu.hasPending()).isFalse();
    assertWithMessage("host active").that(machine.irq.isActive()).isFalse();

    machine.step(Step.UNREGISTER);
    machine.step(Step.DEASSIGN);
    assertWithMessage("forwarded").that(machine.irq.isForwarded()).isFalse();
    assertWithMessage("mapped").that(machine.host.vgic.spiState(42).mapped()).isFalse();
    assertWithMessage("mapped").that(machine.host.vgic.spiState(43).mapped()).isFalse();
    assertWithMessage("halted").that(machine.host.vm.isHalted()).isFalse();
    assertWithMessage("pairings").that(machine.host.registry.connected()).isEqualTo(0);
  }
}
